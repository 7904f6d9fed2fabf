/** What the findings amount to: the verdict, or that none is given, and what is weighed. */

import { answer } from "./answer.js";
import { h } from "./dom.js";
import { inWords, t } from "./i18n.js";
import { icon } from "./icons.js";
import { repeatSwitch } from "./repeat.js";
import { said } from "./text.js";

/** @typedef {import("./record.js").Analysis} Analysis */
/** @typedef {import("./record.js").Words} Words */

/**
 * @param {HTMLElement} root
 * @param {Pick<Analysis, "assessment" | "propositions" | "findings">} record
 * @param {boolean} [early] the first answer, while other tests are still to come
 */
export function drawAssessment(root, record, early = false) {
  const { assessment, propositions, findings } = record;
  const { verdict, questions = [], scale = [], words } = assessment;
  if (assessment.status === "none" || !verdict) {
    root.replaceChildren(
      words ? h("p", { class: "verdict" }, inWords(words)) : said("p", assessment.sentence, { class: "verdict" }),
      h("p", { class: "soft" }, t("assessment.weighed")),
      h(
        "div",
        { class: "propositions" },
        said("p", propositions.manipulated),
        h("span", { class: "against" }, t("assessment.against")),
        said("p", propositions.authentic),
      ),
      ...(assessment.next?.length ? [h("h3", null, t("assessment.next")), list("next", assessment.next)] : []),
    );
    return;
  }
  const titles = new Map(findings.map((finding) => [finding.detector, finding.card.title]));
  root.replaceChildren(
    h("p", { class: "verdict" }, inWords(verdict)),
    ...(early ? [h("p", { class: "soft" }, t("assessment.early"))] : []),
    list("provenance", (assessment.provenance ?? []).map((one) => one.words)),
    list("warnings", assessment.warnings ?? []),
    h("div", { class: "answers" }, questions.map((one) => answer(one, { scale, titles, trials: trials(one.id) }))),
    h("h3", null, t("assessment.next")),
    list("next", assessment.next ?? []),
    ...(assessment.stability === null && !early ? [h("p", { class: "soft" }, t("assessment.not_repeated"))] : []),
    ...(assessment.stability?.words ? [h("p", { class: "soft" }, inWords(assessment.stability.words))] : []),
    // a film is not repeated on changed copies
    ...(assessment.stability === undefined ? [] : [repeatSwitch()]),
  );

  /** @param {string} question */
  function trials(question) {
    return (assessment.stability?.trials ?? []).flatMap((trial) => trial.llr[question] ?? []);
  }
}

/** @type {{[name: string]: import("./icons.js").Icon}} */
const SIGNS = { provenance: "file", warnings: "warning", next: "next" };

/**
 * @param {"provenance" | "warnings" | "next"} name
 * @param {readonly Words[]} sentences
 */
function list(name, sentences) {
  const sign = SIGNS[name];
  return h(
    "ul",
    { class: `notes ${name}`, hidden: sentences.length === 0 },
    sentences.map((words) => h("li", null, icon(sign), h("span", null, inWords(words)))),
  );
}

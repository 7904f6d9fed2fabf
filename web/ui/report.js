/** The report of one picture, filled as its analysis goes on. */

import { drawEarlier } from "./anew.js";
import { drawAssessment } from "./assessment.js";
import { drawBankAdd } from "./bankadd.js";
import { drawBankAnswer } from "./bankanswer.js";
import { drawCaseKeep } from "./casekeep.js";
import { fill, h } from "./dom.js";
import { drawFaceList } from "./facelist.js";
import { drawFileFacts, identity } from "./filefacts.js";
import { createFindings } from "./findings.js";
import { drawHowMade } from "./howmade.js";
import { bytes, integer, spoken, t } from "./i18n.js";
import { icon } from "./icons.js";
import { createProgress } from "./progress.js";
import { foreign, said, visible } from "./text.js";
import { samplingForm } from "./sampling.js";
import { createTimeline } from "./timeline.js";

/** @typedef {import("./record.js").Media} Media */
/** @typedef {import("./record.js").Faces} Faces */
/** @typedef {import("./record.js").Finding} Finding */
/** @typedef {import("./record.js").Analysis} Analysis */
/** @typedef {import("./record.js").TelltaleRecord} TelltaleRecord */
/** @typedef {import("./overlay.js").Overlay} Overlay */
/** @typedef {import("./player.js").Player} Player */

/**
 * @typedef {object} Scene
 * @property {string} name of the file
 * @property {Overlay} overlay shared with the viewer
 * @property {HTMLImageElement} image the picture as the viewer shows it
 * @property {HTMLImageElement} [small] all there is of it, of an analysis that was kept
 * @property {Player | null} [player] that plays the file, of a video
 * @property {() => void} [still] examines the frame that the player shows as a picture
 * @property {AbortSignal} signal ends the report's listening
 * @property {() => void} cancel asks to stop this analysis
 * @property {(record: TelltaleRecord) => HTMLElement[]} actions what can be done with the record
 * @property {(() => void) | null} deepen adds the slow tests to what was found; null for an analysis
 *   that was kept, whose file is not at hand
 * @property {() => void} [again] examines a video once more, otherwise
 * @property {import("./bankanswer.js").Ask} bank the reference bank on this device
 * @property {() => Promise<Uint8Array | null>} bytes the file, for who wants it kept in the bank
 */

/**
 * @param {HTMLElement} root
 * @param {Scene} scenery
 */
export function createReport(root, scenery) {
  const { name, overlay, image, small, signal, cancel, actions, deepen, again, bank, bytes: fileBytes, player, still } = scenery;
  const summary = h("p", { class: "soft summary" });
  const tools = h("div", { class: "actions" });
  const deeper = h("div", { class: "deeper", hidden: true });
  const progress = h("div", { hidden: true });
  const assessment = h("section", { class: "assessment", hidden: true, "aria-label": t("assessment.title") });
  const known = h("section", { class: "bank-answer", hidden: true, "aria-label": t("bank.title") });
  const adding = h("div", { hidden: true });
  const keeping = h("div", null);
  const notes = h("ul", { class: "notes", hidden: true });
  const before = h("p", { class: "earlier", hidden: true, role: "status" });
  const lanes = h("section", { class: "lanes", hidden: true, "aria-label": t("timeline.title") });
  const plans = h("div", { hidden: true });
  const findings = h("div", { class: "findings" });
  const faces = panel("faces", t("faces.title"), true);
  const file = panel("file", t("file.title"));
  const made = panel("made", t("made.title"));
  root.classList.add("report");
  root.replaceChildren(
    h(
      "header",
      { class: "report-head" },
      h("h2", { tabIndex: -1 }, foreign(name)),
      summary,
      tools,
    ),
    progress,
    before,
    assessment,
    deeper,
    known,
    notes,
    lanes,
    plans,
    findings,
    adding,
    keeping,
    faces.element,
    file.element,
    made.element,
  );
  const going = createProgress(progress, cancel);
  const scene = { overlay, signal, faces: /** @type {Faces["found"]} */ ([]) };
  const list = createFindings(findings, scene);
  /** @type {Finding[]} */
  const heard = [];
  /** @type {(Node | string)[]} the line on the file */
  let about = [];
  /** @type {import("./timeline.js").Timeline | null} */
  let timeline = null;

  return {
    /** @param {import("./progress.js").Progress} now */
    progress(now) {
      if (progress.hidden) {
        fill(summary, about);
        fill(tools);
        deeper.hidden = plans.hidden = true;
        // a second examination of the same picture may be stopped as well
        going.start();
      }
      progress.hidden = false;
      going.update(now);
    },
    stopping: () => going.stopping(),
    /** Nothing happens yet. @param {string} words */
    waiting(words) {
      fill(summary, words);
      fill(tools);
      deeper.hidden = plans.hidden = true;
    },
    /**
     * What is shown is of the examination before.
     *
     * @param {import("./anew.js").Anew} anew
     * @param {string} why
     */
    earlier: (anew, why) => drawEarlier(before, anew, why),
    /** It ended without a record. @param {string} why */
    stopped(why) {
      progress.hidden = true;
      fill(findings, h("div", { class: "refusal", role: "alert" }, h("p", { class: "label" }, icon("warning"), visible(why))));
    },
    /** @param {Media} media */
    media(media) {
      about = [
        foreign(media.format),
        ` · ${integer(media.width)} × ${integer(media.height)} · ${bytes(media.size_bytes)}`,
      ];
      fill(summary, about);
      drawFileFacts(file.body, media);
      file.element.hidden = false;
    },
    /** @param {Faces} found */
    faces(found) {
      scene.faces = found.found;
      drawFaceList(faces.body, found, { overlay, image });
      faces.element.hidden = timeline !== null;
    },
    /**
     * What is known of a video so far.
     *
     * @param {import("./record.js").VideoSection} section
     * @param {boolean} [going] whether the work goes on
     */
    video(section, going = false) {
      // the timeline shows the faces, and the player frames them
      faces.element.hidden = true;
      timeline ??= overTime();
      timeline.show(section, going);
      player?.faces(section.tracks);
      lanes.hidden = false;
    },
    /** @param {Finding} finding */
    finding(finding) {
      heard.push(finding);
      list.add(finding);
    },
    bank: bankSays,
    /** The first answer, before all is known. @param {import("./record.js").Assessment} first */
    answer(first) {
      drawAssessment(assessment, { assessment: first, findings: heard, propositions: NOT_SAID }, true);
      assessment.hidden = false;
    },
    /**
     * Everything is known.
     *
     * @param {TelltaleRecord} record
     * @param {string} [trouble] why it was not examined more deeply, though that was asked for
     */
    done(record, trouble = "") {
      progress.hidden = true;
      fill(tools, actions(record));
      if (!("error" in record)) fill(summary, about), offer(record, trouble);
      if ("error" in record) fill(summary), refuse(record);
      else conclude(record);
      drawHowMade(made.body, record);
      made.element.hidden = false;
    },
  };

  function overTime() {
    const made = createTimeline(lanes, { player: player?.video ?? null, signal, still });
    made.clock.addEventListener("change", () => player?.at(made.clock.time));
    return made;
  }

  /**
   * Offer the slow tests where they were not run.
   *
   * @param {Analysis} record
   * @param {string} trouble
   */
  function offer(record, trouble) {
    // all that there is was done to a video
    deeper.hidden = !deepen || Boolean(record.video) || (record.deep === true && !trouble);
    if (!deepen) return;
    const button = h("button", { type: "button", onclick: deepen }, icon("magnifier"), t("deeper.button"));
    if (trouble) fill(deeper, h("p", { role: "alert" }, icon("warning"), visible(trouble)));
    else fill(deeper, button, h("p", { class: "soft" }, t("deeper.what")));
  }

  /** @param {Analysis} record */
  function conclude(record) {
    drawAssessment(assessment, record);
    assessment.hidden = false;
    if (record.bank) bankSays(record.bank);
    plans.hidden = !(record.video && again);
    if (record.video && again) fill(plans, samplingForm(again));
    adding.hidden = !record.traces;
    if (deepen) drawCaseKeep(keeping, { record, ask: bank, image });
    if (record.traces) drawBankAdd(adding, { record, ask: bank, image: deepen && !record.video ? image : null, bytes: fileBytes });
    const all = [...record.media.notes, ...record.warnings].map((note) => said("span", note));
    if (spoken() !== "en") all.push(h("span", null, t("record.language")));
    notes.hidden = all.length === 0;
    fill(notes, all.map((note) => h("li", null, icon("warning"), note)));
  }

  /** @param {import("./record.js").BankSection} section */
  function bankSays(section) {
    known.hidden = section.status === "off";
    drawBankAnswer(known, section, bank, small ?? image);
  }

  /** @param {import("./record.js").Refusal} record */
  function refuse({ error, media }) {
    fill(
      findings,
      h(
        "div",
        { class: "refusal", role: "alert" },
        h("p", { class: "label" }, icon("warning"), t("refusal.title")),
        said("p", error.sentence, { class: "sentence" }),
        h("p", { class: "soft" }, h("code", null, error.code), " · ", t("refusal.others")),
      ),
    );
    fill(file.body, identity(media));
    file.element.hidden = false;
  }
}

/** The propositions are those of a record, which there is none of yet. */
const NOT_SAID = { manipulated: "", authentic: "" };

/** @typedef {ReturnType<typeof createReport>} Report */

/**
 * @param {string} name
 * @param {string} title
 * @param {boolean} [open]
 */
function panel(name, title, open = false) {
  const body = h("div", { class: "panel-body" });
  const element = h(
    "details",
    { class: `panel panel-${name}`, hidden: true, open },
    h("summary", null, h("h3", null, title)),
    body,
  );
  return { element, body };
}

/** Light heads: fitted on this bank, switched on, off and back. Never a part of the verdict. */

import { fill, h } from "./dom.js";
import { fromName, moment, number, t } from "./i18n.js";

/** @typedef {import("./bankanswer.js").Ask} Ask */

/** @param {Ask} ask */
export function headsView(ask) {
  const body = h("div", { class: "bank-heads" });
  const status = h("p", { role: "status" });
  const panel = h(
    "details",
    { class: "panel", ontoggle: () => panel.open && void refresh() },
    h("summary", null, h("h3", null, t("heads.title"))),
    h("div", { class: "panel-body" }, h("p", null, t("heads.more")), body, status),
  );
  return panel;

  /** @param {() => Promise<unknown>} work */
  async function act(work) {
    try {
      fill(status, t("bank.working"));
      await work();
      fill(status);
      await refresh();
    } catch (error) {
      fill(status, error instanceof Error ? error.message : String(error));
    }
  }

  async function refresh() {
    const { answer } = await ask("heads");
    fill(
      body,
      answer.models.map((/** @type {any} */ { model, model_sha256, width }) =>
        h(
          "section",
          { class: "bank-model" },
          h("h4", null, fromName(model).text, " ", h("code", null, model_sha256.slice(0, 8))),
          h(
            "ul",
            { class: "bank-packs" },
            answer.heads
              .filter((/** @type {any} */ head) => head.model_sha256 === model_sha256)
              .map(row),
          ),
          h(
            "button",
            { type: "button", class: "small", onclick: () => act(() => ask("fit", { model, model_sha256, width })) },
            t("heads.fit"),
          ),
        ),
      ),
      !answer.models.length && h("p", { class: "soft" }, t("heads.none", { n: answer.enough })),
    );
  }

  /** @param {any} head */
  function row(head) {
    const [auc, low, high] = head.auc.map((/** @type {number} */ value) => number(Number(value.toFixed(2))));
    const turn = () => act(() => ask("switch", { id: head.id, on: !head.active }));
    return h(
      "li",
      null,
      h("p", null, moment(head.fitted), " · ", t("heads.counts", { real: head.real, fake: head.fake })),
      h("p", { class: "soft" }, t("heads.auc", { auc, low, high })),
      h("button", { type: "button", class: "small", "aria-pressed": head.active, onclick: turn }, t(head.active ? "heads.on" : "heads.off")),
    );
  }
}

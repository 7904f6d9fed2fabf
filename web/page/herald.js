/** Says aloud, through a live region, what the eye sees: briefly, and not too often. */

import { h } from "../ui/dom.js";
import { count, t } from "../ui/i18n.js";
import { visible } from "../ui/text.js";

const PAUSE_MS = 1500;

/** @typedef {import("./session.js").Item} Item */

export function createHerald() {
  const element = h("div", { class: "unseen", role: "status", "aria-live": "polite" });
  let next = "";
  let timer = 0;

  /** @param {string} text */
  function say(text) {
    next = text;
    if (timer) return;
    element.textContent = next;
    timer = window.setTimeout(() => {
      timer = 0;
      if (element.textContent !== next) say(next);
    }, PAUSE_MS);
  }

  return {
    element,
    say,
    /**
     * @param {import("./session.js").Happening} what
     * @param {Item | null} item
     * @param {import("../ui/record.js").Finding} [finding]
     */
    hear(what, item, finding) {
      if (!item) return;
      const name = visible(item.file.name);
      if ((what === "state" || what === "anew") && (item.anew === "stopped" || item.anew === "failed")) say(t(`anew.${item.anew}`));
      else if (what === "finding" && finding) say(t("herald.finding", { title: finding.card.title, n: item.findings.length }));
      else if (what === "state" && item.state === "running") say(t("herald.started", { name }));
      else if (what === "state" && item.state === "failed") say(t("herald.failed", { name }));
      else if (what === "state" && item.state === "cancelled") say(t("herald.cancelled", { name }));
      else if (what === "state" && item.state === "done") {
        const given = item.findings.filter((one) => one.status === "ok").length;
        say(`${t("herald.done", { name })} ${count("herald.given", given)}`);
      }
    },
  };
}

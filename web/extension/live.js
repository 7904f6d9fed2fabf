/**
 * A live call, in a window beside the call. The browser's own dialog gives the tab, so the extension
 * needs no permission for it; a stream cannot be handed to the offscreen document, so this window has
 * an engine of its own, which ends with it.
 */

import "../page/trust.js";

import { Engine } from "../engine/client.js";
import { custody, custodyFields } from "../ui/custody.js";
import { h } from "../ui/dom.js";
import { choose, speak, spoken, t } from "../ui/i18n.js";
import { icon } from "../ui/icons.js";
import { createLive } from "../ui/live.js";
import { making, nameFor, recordText, saveText } from "../ui/save.js";
import { theme, wear } from "../ui/theme.js";
import { uiLanguage } from "./chrome.js";

wear(theme());
await speak(choose([uiLanguage()]));
document.documentElement.lang = spoken();
document.title = `${t("live.open")} · Telltale`;
const place = h("main", { class: "live" });
document.body.replaceChildren(place);

const engine = new Engine();
const closing = new AbortController();
addEventListener("pagehide", () => closing.abort());
createLive(place, { follow: (input, hooks) => engine.live(input, hooks), busy: () => false, actions }, closing.signal);

/** @param {import("../ui/record.js").TelltaleRecord} record */
function actions(record) {
  const { name } = record.media;
  const page = making(t("save.html"), async () => {
    const html = await engine.html([record], { lang: spoken(), custody: custody() });
    saveText(html, "text/html", nameFor(name, ".html"));
  });
  const json = () => saveText(recordText(record), "application/json", nameFor(name, ".json"));
  return [...page, h("button", { type: "button", onclick: json }, icon("save"), t("save.json")), custodyFields()];
}

/** One result at full size, in a tab of its own. The address names the job and the picture. */

import "../page/trust.js";

import { h } from "../ui/dom.js";
import { choose as chooseLanguage, speak } from "../ui/i18n.js";
import { theme, wear } from "../ui/theme.js";
import { isId } from "../acquire/validate.js";
import { message, uiLanguage, version } from "./chrome.js";
import { createDesk } from "./desk.js";
import { nameOf } from "./entry.js";
import * as jobs from "./jobs.js";

wear(theme());
await speak(chooseLanguage([uiLanguage()]));
const place = h("main", null);
document.body.replaceChildren(
  h("header", { class: "side-head" }, h("h1", null, h("img", { src: "../icons/48.png", alt: "", width: 24, height: 24 }), "Telltale")),
  place,
  h("footer", null, h("span", { class: "soft" }, version())),
);

const [id, index] = location.hash.slice(1).split("/");
const desk = createDesk(place, { open: null });
if (isId(id)) {
  desk.choose(id, -1);
  jobs.hear((news) => void (news.type === "job" && news.id === id && refresh()));
  await refresh();
} else place.replaceChildren(h("p", { class: "hello" }, message("no_result")));

async function refresh() {
  const job = await jobs.get(id);
  if (!job) return place.replaceChildren(h("p", { class: "hello" }, message("no_result")));
  document.title = `${nameOf(job)} · Telltale`;
  if (desk.index < 0 && job.items.length) desk.show(Math.min(Number(index) || 0, job.items.length - 1));
  return desk.update(job);
}

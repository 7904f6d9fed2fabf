/** The side panel: what was asked for, how it was obtained, what was found. It only renders. */

import "../page/trust.js";

import { fill, h } from "../ui/dom.js";
import { choose as chooseLanguage, speak, t } from "../ui/i18n.js";
import { icon } from "../ui/icons.js";
import { ACCEPT, listen } from "../ui/intake.js";
import { theme, wear } from "../ui/theme.js";
import { addFiles } from "./files.js";
import * as door from "./chrome.js";
import { createDesk } from "./desk.js";
import { discard } from "./discard.js";
import { entryOf } from "./entry.js";
import * as jobs from "./jobs.js";

const { message } = door;

wear(theme());
await speak(chooseLanguage([door.uiLanguage()]));
document.documentElement.lang = chooseLanguage([door.uiLanguage()]);

const engine = h("span", { class: "engine", role: "status" });
const picker = h(
  "button",
  { type: "button", class: "primary", onclick: () => door.tellWorker({ type: "choose" }) },
  icon("face"),
  message("choose_on_page"),
);
const input = h("input", {
  type: "file", multiple: true, accept: ACCEPT, class: "unseen", tabIndex: -1,
  "aria-label": message("choose_file"),
  onchange: () => {
    void addFiles([...(input.files ?? [])].map((file) => ({ file, rung: "file" })));
    input.value = "";
  },
});
const browse = h("button", { type: "button", onclick: () => input.click() }, icon("file"), message("choose_file"));
const call = h("button", { type: "button", class: "open-live", onclick: () => void door.openBeside("extension/live.html") }, icon("camera"), t("live.open"));
const clear = h("button", { type: "button", class: "small", hidden: true, onclick: forget }, message("clear"));
const list = h("ol", { class: "entries", "aria-label": message("jobs") });
const strip = h("nav", { class: "strip", hidden: true, "aria-label": message("jobs") }, list, h("div", { class: "strip-tools" }, clear));
const shortcut = await door.shortcut();
const hello = h(
  "section",
  { class: "hello" },
  h("p", { class: "lead" }, message("hello")),
  h(
    "ul",
    null,
    h("li", null, icon("magnifier"), message("hello_image")),
    h("li", null, icon("fit"), h("span", null, message("hello_region"), " ", shortcut && h("kbd", null, shortcut))),
    h("li", null, icon("file"), message("hello_drop")),
    h("li", null, icon("camera"), message("hello_live")),
  ),
  h("p", { class: "soft" }, icon("lock"), message("hello_private")),
);
const place = h("main", null);
document.body.replaceChildren(
  h("header", { class: "side-head" }, h("h1", null, h("img", { src: "../icons/48.png", alt: "", width: 24, height: 24 }), "Telltale"), engine),
  h("div", { class: "side-tools" }, picker, browse, call, input),
  strip,
  hello,
  place,
  h("footer", null, h("a", { href: "library.html", target: "_blank", class: "open-library" }, t("library.open")), h("a", { href: "privacy.html", target: "_blank" }, message("privacy")), h("span", { class: "soft" }, door.version())),
  h("div", { class: "drop-veil", "aria-hidden": "true" }, h("p", null, icon("file"), message("drop_here"))),
);

/** @type {Map<string, ReturnType<typeof entryOf>>} */
const entries = new Map();
const desk = createDesk(place, { open: (id, index) => void door.openTab(`extension/result.html#${id}/${index}`) });
let chosen = "";
let stale = false;
let reading = false;

listen((files) => void addFiles(files), new AbortController().signal);
document.addEventListener("keydown", (event) => void (event.key === "Escape" && !event.defaultPrevented && stopChoosing()));
jobs.hear((news) => {
  if (news.type === "engine") engineIs(news.state);
  else if (news.type === "job") refresh();
  else if (news.type === "progress") entries.get(news.id)?.progress(news.progress.fraction);
});
jobs.tell({ type: "engine?", id: "" });
void door.tellWorker({ type: "hello" });
refresh();

/** Bring the strip in step with the database: one reading at a time, and one more if asked meanwhile. */
async function refresh() {
  stale = true;
  if (reading) return;
  reading = true;
  while (stale) {
    stale = false;
    show((await jobs.all()).reverse());
  }
  reading = false;
}

/** @param {jobs.Job[]} all the newest first */
function show(all) {
  for (const [id, entry] of entries) {
    if (all.some((job) => job.id === id)) continue;
    entry.element.remove();
    entries.delete(id);
  }
  const fresh = all.filter((job) => !entries.has(job.id));
  for (const job of all.toReversed()) {
    let entry = entries.get(job.id);
    if (!entry) {
      entry = entryOf(job, () => choose(job.id));
      entries.set(job.id, entry);
      list.prepend(entry.element);
    }
    entry.update(job);
  }
  strip.hidden = all.length < 2;
  clear.hidden = all.length < 2;
  hello.hidden = all.length > 0;
  // what was asked for last is what the person waits for
  const next = fresh.length ? fresh[0].id : entries.has(chosen) ? chosen : (all[0]?.id ?? "");
  if (next !== chosen) choose(next);
  const job = all.find((one) => one.id === chosen);
  if (job) desk.update(job);
}

/** @param {string} id */
function choose(id) {
  chosen = id;
  for (const [other, entry] of entries) entry.current(other === id);
  desk.choose(id);
  if (id) void jobs.get(id).then((job) => job && desk.update(job));
}

async function forget() {
  for (const job of await jobs.all()) await discard(job);
  refresh();
}

/** The panel takes the keys when it opens, so it hears the Escape that the page was promised. */
async function stopChoosing() {
  for (const job of await jobs.all()) if (job.state === "choosing") await discard(job);
}

/** @param {import("../engine/client.js").State} state */
function engineIs(state) {
  engine.dataset.state = state;
  fill(engine, h("span", { class: "dot", "aria-hidden": "true" }), message(`engine_${state}`));
}

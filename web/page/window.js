/** The window of the page: masthead, strip of pictures, the chosen picture and its report. */

import { fill, h } from "../ui/dom.js";
import { duration, fromRecord, named, percent, t } from "../ui/i18n.js";
import { custodyFields } from "../ui/custody.js";
import { icon } from "../ui/icons.js";
import { ACCEPT } from "../ui/intake.js";
import { libraryDialog } from "../ui/library.js";
import { liveDialog } from "../ui/live.js";
import { Overlay } from "../ui/overlay.js";
import { createPlayer, isFilm, stillOf } from "../ui/player.js";
import { queueEntry } from "../ui/queue.js";
import { drawReplay, moveReplay } from "../ui/replay.js";
import { createReport } from "../ui/report.js";
import { making, nameFor, recordText, saveText } from "../ui/save.js";
import { visible } from "../ui/text.js";
import { createViewer } from "../ui/viewer.js";
import { createHerald } from "./herald.js";
import { masthead } from "./masthead.js";
import { proof } from "./proof.js";
import { welcome } from "./welcome.js";

/** @typedef {import("./session.js").Item} Item */
/** @typedef {import("./session.js").Happening} Happening */
/** @typedef {import("../ui/record.js").Finding} Finding */
/** @typedef {import("../ui/record.js").TelltaleRecord} TelltaleRecord */
/** @typedef {import("../ui/report.js").Report} Report */
/** @typedef {import("../ui/viewer.js").Viewer} Viewer */
/** @typedef {{item: Item, viewer: Pick<Viewer, "media" | "faces" | "findings" | "close" | "image">, report: Report, ending: AbortController}} Shown */

/**
 * @typedef {object} World
 * @property {import("./session.js").Session} session
 * @property {import("./replays.js").Replays} replays
 * @property {(files: import("../ui/intake.js").Incoming[]) => void} take
 * @property {(records: TelltaleRecord[]) => Promise<string>} html
 * @property {(records: TelltaleRecord[]) => Promise<string>} table
 * @property {import("../ui/caseview.js").Privacy} privacy
 * @property {Pick<import("../engine/client.js").Engine, "look" | "compare" | "live">} engine
 * @property {(language: import("../ui/i18n.js").Language) => void} speakIn
 * @property {() => void} restart
 * @property {import("../ui/bankanswer.js").Ask} bank
 */

/**
 * @param {HTMLElement} root
 * @param {World} world
 */
export function createWindow(root, { session, replays, take, html, table, engine, speakIn, restart, bank, privacy }) {
  const herald = createHerald();
  const input = h("input", {
    type: "file",
    multiple: true,
    accept: ACCEPT,
    hidden: true,
    onchange: () => {
      take([...(input.files ?? [])].map((file) => ({ file, rung: "file" })));
      input.value = "";
    },
  });
  const hello = welcome(picker("primary"));
  const more = picker("");
  more.hidden = true;
  const library = h("button", { type: "button", class: "open-library", onclick: () => libraryDialog({ ask: bank, privacy, repeat }) }, icon("database"), t("library.open"));
  const call = h("button", { type: "button", class: "open-live", onclick: live }, icon("camera"), t("live.open"));
  const lab = h("a", { class: "open-lab", href: "lab/", target: "_blank" }, t("lab.open"));
  const head = masthead(speakIn, restart, [more, call, library, lab]);
  const list = h("ol", { class: "entries" });
  const stopAll = h(
    "button",
    { type: "button", class: "small", onclick: () => session.cancelAll() },
    t("cancel_all"),
  );
  const saveAll = h("div", { class: "actions", hidden: true });
  const strip = h(
    "nav",
    { class: "strip", "aria-label": t("strip"), hidden: true },
    list,
    h("div", { class: "strip-tools" }, saveAll, stopAll),
  );
  const picture = h("section", { "aria-label": t("viewer.title") });
  const results = h("section", { id: "results", tabIndex: -1, "aria-label": t("results") });
  const desk = h("div", { class: "desk", hidden: true }, picture, results);
  const records = h("div", { class: "replays", hidden: true });
  root.replaceChildren(
    h("a", { class: "skip", href: "#results" }, t("skip")),
    head.element,
    h("main", null, input, hello, records, strip, desk),
    h("footer", null, proof(), h("p", { class: "soft" }, version())),
    h("div", { class: "drop-veil", "aria-hidden": "true" }, h("p", null, icon("file"), t("drop_here"))),
    herald.element,
  );

  /** @type {Map<Item, ReturnType<typeof queueEntry>>} */
  const entries = new Map();
  /** @type {Shown | null} */
  let shown = null;

  function live() {
    liveDialog({
      follow: (input, hooks) => engine.live(input, hooks),
      busy: () => !session.idle,
      actions: (record) => saving([record], record.media.name),
    });
  }

  /** @param {string} className */
  function picker(className) {
    return h(
      "button",
      { type: "button", class: className, onclick: () => input.click() },
      icon("add"),
      t(className ? "pick" : "pick_more"),
    );
  }

  /** @param {Item} item */
  function choose(item) {
    shown?.ending.abort();
    shown?.viewer.close();
    const overlay = new Overlay();
    const ending = new AbortController();
    const { name } = item.file;
    const player = isFilm(item.file) ? createPlayer(picture, { name, url: item.url, signal: ending.signal }) : null;
    const viewer = player?.viewer ?? createViewer(picture, { name, url: item.url, overlay, eye: eyeOf(item) });
    const report = createReport(results, {
      name: item.file.name,
      overlay,
      image: viewer.image,
      player,
      still: player ? () => void still(player, name) : undefined,
      signal: ending.signal,
      cancel: () => {
        report.stopping();
        session.cancel(item);
      },
      actions: (record) => saving([record], item.file.name),
      deepen: () => session.deepen(item),
      again: () => {
        session.again(item);
        results.querySelector("h2")?.focus();
      },
      bank,
      bytes: async () => new Uint8Array(await item.file.arrayBuffer()),
    });
    shown = { item, viewer, report, ending };
    for (const [other, entry] of entries) entry.current(other === item);
    if (item.media) media(shown);
    if (item.faces) faces(shown);
    if (item.video) report.video(item.video, item.state === "running" && !item.anew);
    for (const finding of item.findings) report.finding(finding);
    viewer.findings(item.findings);
    if (item.bank) report.bank(item.bank);
    if (item.assessment) report.answer(item.assessment);
    if (item.anew && item.record) report.done(item.record);
    state(shown);
  }

  /** Choose it again: what has the focus goes, and the focus comes to the report. @param {Item} item */
  function redraw(item) {
    const within = desk.contains(document.activeElement);
    choose(item);
    if (within) results.querySelector("h2")?.focus({ preventScroll: true });
  }

  /**
   * Examine the frame that a player shows as a picture, with every test and its maps.
   *
   * @param {import("../ui/player.js").Player} player
   * @param {string} name
   */
  async function still(player, name) {
    take([{ file: await stillOf(player.video, name), rung: "video-frames" }]);
    herald.say(t("timeline.still_added"));
  }

  /** @param {Item} item @returns {import("../ui/looking.js").Eye} */
  function eyeOf(item) {
    const shown = ({ url, file, rung } = item) => ({ key: url, bytes: file, name: file.name, rung });
    return {
      look: (glass, values) => engine.look(shown(), glass, values),
      compare: (other) => {
        const known = session.items.find(({ url }) => url === other);
        if (known) return engine.compare(shown(), shown(known));
        const file = /** @type {File} */ (other);
        const key = `${file.name} ${file.size} ${file.lastModified}`;
        return engine.compare(shown(), { key, bytes: file, name: file.name, rung: "file" });
      },
      others: () =>
        session.items
          .filter((other) => other !== item)
          .map(({ url, file }) => ({ key: url, name: file.name })),
    };
  }

  /** @param {Shown} now */
  function media({ item, viewer, report }) {
    if (!item.media) return;
    report.media(item.media);
    viewer.media(item.media);
  }

  /** @param {Shown} now */
  function faces({ item, viewer, report }) {
    if (!item.faces) return;
    report.faces(item.faces);
    viewer.faces(item.faces.found);
  }

  /** What the report says of the item's state. @param {Shown} now */
  function state({ item, report }) {
    report.earlier(item.anew, item.trouble);
    if (item.state === "running") progress(item, report);
    else if (item.state === "waiting") report.waiting(t("state.waiting"));
    else if (item.record) report.done(item.record, item.trouble);
    else report.stopped(item.trouble || named("state", item.state));
  }

  /**
   * @param {Item} item
   * @param {Report} report
   */
  function progress(item, report) {
    const now = item.progress;
    const label = now ? stageName(now) : t("progress.reading");
    report.progress({ label, fraction: now?.fraction ?? 0 });
  }

  /**
   * @param {TelltaleRecord[]} records
   * @param {string} name
   */
  function saving(records, name) {
    const all = records.length > 1;
    const json = () =>
      saveText(
        recordText(all ? records : records[0]),
        "application/json",
        nameFor(name, ".json"),
      );
    const page = making(t(all ? "save.all_html" : "save.html"), async () =>
      saveText(await html(records), "text/html", nameFor(name, ".html")),
    );
    const sheet = making(t("save.csv"), async () => saveText(await table(records), "text/csv", nameFor(name, ".csv")));
    return [
      ...page,
      ...(all ? sheet : []),
      h("button", { type: "button", onclick: json }, icon("save"), t(all ? "save.all_json" : "save.json")),
      custodyFields(),
    ];
  }

  /** A record that was kept waits for its file. @param {TelltaleRecord} record */
  function repeat(record) {
    replays.wait(record);
    records.scrollIntoView();
  }

  function tools() {
    const busy = session.items.filter((item) => item.state === "waiting" || item.state === "running");
    stopAll.hidden = busy.length < 2;
    const { records } = session;
    saveAll.hidden = busy.length > 0 || records.length < 2;
    if (!saveAll.hidden) fill(saveAll, saving(records, t("save.all_name")));
  }

  return {
    get chosen() {
      return shown?.item ?? null;
    },
    choose,
    /**
     * @param {import("../engine/client.js").State} now
     * @param {import("../engine/client.js").Diagnostics | null} started how it last started
     * @param {string} why it could not start
     */
    engine(now, started, why) {
      head.engine(now, engineWords(now, started, why));
    },
    /** @param {import("./offline.js").Kept | null} now */
    kept(now) {
      if (!now) return;
      const whole = now.done === now.total;
      head.offline(whole ? t("offline.ready") : t("offline.keeping", { done: now.done, total: now.total }));
    },
    /** Say that nothing is kept. @param {boolean} alone */
    hush(alone) {
      head.hush(alone);
    },
    /** @param {boolean} newer */
    update(newer) {
      if (newer) head.update();
    },
    /**
     * @param {Happening} what
     * @param {Item | null} item
     * @param {Finding} [finding]
     */
    happen(what, item, finding) {
      herald.hear(what, item, finding);
      tools();
      document.title = title(shown?.item ?? null);
      if (!item) return;
      if (what === "added") added(item);
      entries.get(item)?.state(item.state, item.progress?.fraction);
      if (shown?.item !== item) return;
      const { viewer, report } = shown;
      if (what === "anew") redraw(item);
      else if (what === "media") media(shown);
      else if (what === "faces") faces(shown);
      else if (what === "video" && item.video) report.video(item.video, item.state === "running");
      else if (what === "bank" && item.bank) report.bank(item.bank);
      else if (what === "assessment" && item.assessment) report.answer(item.assessment);
      else if (what === "progress") progress(item, report);
      else if (what === "state") state(shown);
      else if (what === "finding" && finding) {
        report.finding(finding);
        viewer.findings(item.findings);
      }
    },
    /**
     * Show the records that wait to be repeated, or were.
     *
     * @param {import("./replays.js").Replayed | null} item that alone has changed
     */
    replays(item) {
      const at = item ? replays.items.indexOf(item) : -1;
      const old = /** @type {HTMLElement | undefined} */ (records.children[at]);
      if (item?.state === "running" && old?.dataset.state === "running") return moveReplay(old, item);
      const draw = (/** @type {import("./replays.js").Replayed} */ one) =>
        drawReplay(one, { give: (file) => void replays.give(one, file), remove: () => replays.remove(one) });
      if (item && old) old.replaceWith(draw(item));
      else records.replaceChildren(...replays.items.map(draw));
      records.hidden = replays.items.length === 0;
      hello.hidden = session.items.length > 0 || !records.hidden;
      more.hidden = !hello.hidden;
    },
    focusLanguage: () => head.language.focus(),
    close() {
      shown?.ending.abort();
      shown?.viewer.close();
    },
  };

  /** @param {Item} item */
  function added(item) {
    const entry = queueEntry(item.file, () => choose(item));
    entries.set(item, entry);
    list.append(entry.element);
    const focus = document.activeElement;
    hello.hidden = true;
    more.hidden = false;
    strip.hidden = session.items.length < 2;
    desk.hidden = false;
    if (shown) return;
    choose(item);
    // the button that had the focus has gone with the welcome
    if (focus === document.body || hello.contains(focus)) results.querySelector("h2")?.focus();
  }
}

/**
 * @param {import("../engine/client.js").State} state
 * @param {import("../engine/client.js").Diagnostics | null} started
 * @param {string} why
 */
function engineWords(state, started, why) {
  if (state === "failed") return t("engine.failed", { why });
  if (state === "working") return t("engine.working");
  if (state !== "ready" || !started) return t(started ? "engine.restarting" : "engine.starting");
  const key = started.start === "snapshot" ? "engine.ready_warm" : "engine.ready";
  return t(key, { ms: duration(started.boot_ms) });
}

/** @param {import("./session.js").Progress} now */
function stageName({ stage, text }) {
  if (stage === "decode" || stage === "faces" || stage === "frames" || stage === "bank" || stage === "answer" || stage === "assess") return t(`stage.${stage}`);
  return visible(fromRecord(text || stage).text);
}

/** @param {Item | null} item */
function title(item) {
  if (!item) return "Telltale";
  const share = item.state === "running" ? `${percent(item.progress?.fraction ?? 0)} ` : "";
  return `${share}${visible(item.file.name)} · Telltale`;
}

function version() {
  const build = /** @type {any} */ (globalThis).TELLTALE_BUILD;
  return build ? t("version", { version: build.version, build: build.build.slice(0, 12) }) : "";
}

/** The offline page: hands files to the engine and shows what comes back. */

import "./trust.js";

import { custody } from "../ui/custody.js";
import { choose, speak, spoken } from "../ui/i18n.js";
import { listen } from "../ui/intake.js";
import { keep, recall, theme, wear } from "../ui/theme.js";
import { keepOffline, onUpdate, registered, settle, takeOver } from "./offline.js";
import { lend } from "./lend.js";
import { Replays } from "./replays.js";
import { Session } from "./session.js";
import { changes, engine, start, trouble } from "./start.js";
import { createWindow } from "./window.js";

const LANGUAGE = "telltale.language";

wear(theme());
const speaking = speak(choose([recall(LANGUAGE) ?? "", ...navigator.languages]));
// from here on nothing reloads the page by itself
await settle();
await speaking;

/** @type {import("./offline.js").Kept | null} */
let kept = null;
let newer = false;
let staying = false;
/** @type {ReturnType<typeof createWindow> | null} */
let view = null;

const session = new Session(engine, (what, item, finding) => {
  view?.happen(what, item, finding);
  if (what === "added") offer();
});
const offer = lend(session);
const replays = new Replays(engine, (item) => view?.replays(item));
show();
void start();
state();
changes.addEventListener("state", state);
listen((files) => void take(files), new AbortController().signal);
void registered.then((registration) => {
  if (registration) onUpdate(registration, () => view?.update((newer = true)));
});

window.addEventListener("beforeunload", (event) => {
  if (!session.idle) event.preventDefault();
});

// "open with" of the installed page
/** @type {any} */ (window).launchQueue?.setConsumer(
  async (/** @type {{files: FileSystemFileHandle[]}} */ { files }) =>
    add(await Promise.all(files.map((handle) => handle.getFile()))),
);

Object.assign(window, {
  telltale: {
    get records() {
      return session.records;
    },
    whenIdle: () => session.whenIdle(),
    /** Add the slow tests to a picture; its record then. @param {number} index */
    async deepen(index) {
      session.deepen(session.items[index]);
      await session.whenIdle();
      return session.items[index].record;
    },
    get snapshot() {
      return engine.snapshot;
    },
    add,
  },
});

/** @param {Iterable<File>} files */
function add(files) {
  return take([...files].map((file) => ({ file, rung: "file" })));
}

/**
 * Records are repeated on their files; everything else is examined.
 *
 * @param {import("../ui/intake.js").Incoming[]} files
 */
async function take(files) {
  const fresh = files.some(({ file }) => /\.json$/i.test(file.name)) || replays.items.length;
  // without records nothing is waited for: what is added is there at once
  session.add(fresh ? await replays.sort(files) : files);
}

/** Build the window from what is known: at the start, and in another language. */
function show() {
  const chosen = view?.chosen ?? null;
  view?.close();
  view = createWindow(document.body, {
    session,
    engine,
    bank: (name, args, bytes) => engine.bank(name, args, bytes),
    replays,
    take: (files) => void take(files),
    table: (records) => engine.table(records),
    privacy: {
      get on() {
        return engine.private;
      },
      set on(wanted) {
        engine.private = wanted;
        view?.hush(wanted);
      },
    },
    html: (records) => engine.html(records, { lang: spoken(), custody: custody() }),
    speakIn: async (language) => {
      keep(LANGUAGE, language);
      await speak(language);
      show();
      view?.focusLanguage();
    },
    restart: async () => {
      const registration = await registered;
      if (registration) await takeOver(registration);
    },
  });
  view.engine(engine.state, engine.diagnostics, trouble);
  view.kept(kept);
  view.update(newer);
  view.hush(engine.private);
  for (const item of session.items) view.happen("added", item);
  view.replays(null);
  if (chosen) view.choose(chosen);
}

function state() {
  view?.engine(engine.state, engine.diagnostics, trouble);
  if (engine.state === "ready") void stay();
}

/** Once the engine runs, keep everything for the next time, with or without a network. */
async function stay() {
  if (staying) return;
  staying = true;
  const registration = await registered;
  if (registration) await keepOffline(registration, (now) => view?.kept((kept = now)));
}

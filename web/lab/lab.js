/** The lab: an editor, a terminal and pictures around a room in which the person's code runs. */

import { fill, h } from "../ui/dom.js";
import { LANGUAGES, choose, inWords, percent, speak, spoken } from "../ui/i18n.js";
import { icon } from "../ui/icons.js";
import { saveText } from "../ui/save.js";
import { visible } from "../ui/text.js";
import { keep, recall, theme, wear } from "../ui/theme.js";
import { Malformed } from "./border.js";
import { createEditor } from "./editor.js";
import { takeFilm } from "./film.js";
import { runFolder } from "./folder.js";
import { createNetwork } from "./network.js";
import { createPictures } from "./pictures.js";
import { Room, Stopped } from "./room.js";
import { createTerminal } from "./terminal.js";
import { learn, t } from "./words.js";

const LANGUAGE = "telltale.language";
const TEMPLATE = "my_detector.py";

wear(theme());
await speak(choose([recall(LANGUAGE) ?? "", ...navigator.languages]));
await learn();

const main = h("div", { class: "lab" });
const place = h("div", { hidden: true });
document.body.append(main, place);
const room = new Room(place);
const [template, templateOfFilms] = await Promise.all(
  ["template.py", "template-film.py"].map(async (name) => (await fetch(new URL(name, import.meta.url))).text()),
);
let source = template;
let fileName = TEMPLATE;
let unsaved = false;
/** @type {(() => void) | null} */
let undraw = null;

draw();
void room.open();
window.addEventListener("beforeunload", (event) => {
  if (unsaved) event.preventDefault();
});
Object.assign(window, {
  telltaleLab: {
    room,
    get source() {
      return source;
    },
  },
});

/** Build everything in the language that is spoken now. */
function draw() {
  undraw?.();
  const ending = new AbortController();
  /** What can be ended after the piece in hand. @type {"" | "folder" | "film"} */
  let gently = "";
  let stopping = false;
  /** What is to be taken, the one in hand first. @type {{file: File, faces: boolean}[]} */
  const waiting = [];
  document.title = t("title");

  const terminal = createTerminal({
    run: (code) => void call("execute", code).then(() => terminal.focus()),
    stop,
    restart,
  });
  const pictures = createPictures({
    take: (files, faces) => void takeAll(files, faces),
    choose: async (name) => {
      if ((await call("choose", name))?.name) pictures.chosen(name);
    },
    signal: ending.signal,
  });
  const network = createNetwork({
    bring: async (form, bytes) => (await call("bring", form, bytes)) ?? {},
    made: (id, text) => {
      editor.text = text;
      name.value = `${id}.py`;
    },
  });

  const host = h("div", { class: "editor-host", id: "editor" });
  const name = h("input", { class: "file-name", "aria-label": t("editor.name"), value: fileName, spellcheck: false, oninput: () => (fileName = name.value) });
  const pick = h("input", { type: "file", accept: ".py", hidden: true, onchange: opened });
  const pickFolder = h("input", { type: "file", multiple: true, hidden: true, webkitdirectory: true, onchange: overFolder });
  const state = h("span", { class: "engine", role: "status" });
  const progress = h("p", { class: "progress-words", role: "status" });
  const busy = [
    h("button", { type: "button", onclick: check }, icon("check"), t("editor.check")),
    h("button", { type: "button", onclick: () => void call("try_text", editor.text, fileName).then(refusal) }, icon("next"), t("editor.try")),
    h("button", { type: "button", onclick: () => pickFolder.click() }, icon("beside"), t("editor.folder")),
  ];
  const language = h(
    "select",
    { class: "quiet", "aria-label": t("language"), onchange: () => void speakIn(/** @type {"en"} */ (language.value)) },
    Object.entries(LANGUAGES).map(([code, words]) => h("option", { value: code, lang: code }, words)),
  );
  language.value = spoken();

  fill(
    main,
    h("a", { class: "skip", href: "#editor", onclick: (/** @type {Event} */ e) => (e.preventDefault(), editor.focus()) }, t("skip")),
    h(
      "header",
      { class: "masthead" },
      h("h1", null, h("img", { src: "../page/logo.svg", alt: "", width: 24, height: 24 }), t("title")),
      state,
      h("a", { href: "../" }, t("back")),
      language,
    ),
    h("p", { class: "lead" }, t("lead")),
    h(
      "main",
      null,
      h(
        "section",
        { class: "editor", "aria-labelledby": "editor-title" },
        h(
          "header",
          null,
          h("h2", { id: "editor-title" }, t("editor")),
          name,
          h("button", { type: "button", onclick: () => replace(template, TEMPLATE) }, t("editor.new")),
          h("button", { type: "button", onclick: () => replace(templateOfFilms, TEMPLATE) }, t("editor.new_film")),
          h("button", { type: "button", onclick: () => pick.click() }, icon("file"), t("editor.open")),
          h("button", { type: "button", onclick: save }, icon("save"), t("editor.save")),
        ),
        host,
        h("div", { class: "actions" }, busy),
        progress,
        pick,
        pickFolder,
      ),
      h("div", { class: "side" }, pictures.element, terminal.element),
      network.element,
    ),
  );
  const editor = createEditor(host, {
    label: t("editor.label"),
    text: source,
    onChange: () => {
      source = editor.text;
      unsaved = true;
    },
  });

  room.addEventListener("told", (event) => terminal.told(/** @type {CustomEvent} */ (event).detail), ending);
  room.addEventListener("state", moved, ending);
  undraw = () => {
    ending.abort();
    editor.close();
  };
  moved();

  function moved() {
    const words = { closed: "state.closed", opening: "state.opening", ready: "state.ready", working: "state.working", broken: "state.broken" };
    state.dataset.state = { opening: "starting", broken: "failed" }[/** @type {"opening"} */ (room.state)] ?? room.state;
    fill(state, h("span", { class: "dot", "aria-hidden": "true" }), t(/** @type {"state.ready"} */ (words[room.state]), { why: room.why }));
    terminal.state(room.state);
    for (const button of busy) button.disabled = room.state !== "ready";
  }

  /**
   * @param {string} what
   * @param {...unknown} args
   */
  async function call(what, ...args) {
    try {
      return await room.call(what, ...args);
    } catch (error) {
      if (!(error instanceof Stopped)) terminal.write(`${said(error)}\n`, "error");
      return null;
    }
  }

  /** @param {any} answer */
  function refusal(answer) {
    if (answer?.refused) terminal.write(`${inWords(answer.refused)}\n`, "error");
  }

  /** End what runs: after the picture or frame in hand where there are many, at once otherwise. */
  function stop() {
    if (gently && !stopping) {
      stopping = true;
      progress.textContent = t(`${gently}.stopping`);
      return;
    }
    restart();
  }

  function restart() {
    pictures.forget();
    void room.open();
    terminal.write(`${t("terminal.stopped")}\n`, "note");
  }

  /**
   * One after the other, as soon as nothing else runs; what waits when the room is closed is given up.
   *
   * @param {File[]} files
   * @param {boolean} faces
   */
  async function takeAll(files, faces) {
    const idle = !waiting.length;
    waiting.push(...files.map((file) => ({ file, faces })));
    while (idle && waiting.length) {
      const { file, faces } = waiting[0];
      try {
        await take(file, faces);
        waiting.shift();
      } catch (error) {
        waiting.splice(0, error instanceof Stopped ? waiting.length : 1);
        if (!(error instanceof Stopped)) refused(file, said(error));
      }
    }
  }

  /**
   * @param {File} file
   * @param {boolean} faces
   */
  async function take(file, faces) {
    const head = new Uint8Array(await file.slice(0, 1024).arrayBuffer());
    await room.idle();
    const answer = await room.together(async (call) => {
      const { kind } = await call("kind", head);
      if (kind === "video") return film(call, file, faces);
      return call("take", file.name, new Uint8Array(await file.arrayBuffer()), faces);
    });
    if (answer.refused) refused(file, inWords(answer.refused));
    else pictures.taken(answer);
  }

  /**
   * @param {File} file
   * @param {string} why
   */
  function refused(file, why) {
    terminal.write(`${t("pictures.refused", { name: visible(file.name), why })}\n`, "error");
  }

  /**
   * @param {import("./room.js").Call} call
   * @param {File} file
   * @param {boolean} faces
   */
  async function film(call, file, faces) {
    [gently, stopping] = ["film", false];
    const told = (/** @type {number} */ share) => {
      // in tenths: each change is read aloud to those who listen
      const words = t("film.progress", { name: visible(file.name), share: percent(Math.floor(share * 10) / 10) });
      if (!stopping && progress.textContent !== words) progress.textContent = words;
    };
    told(0);
    try {
      return await takeFilm(file, { call, faces, stopping: () => stopping, progress: told });
    } finally {
      gently = progress.textContent = "";
    }
  }

  async function check() {
    const answer = await call("check_text", editor.text, fileName);
    if (answer) terminal.write(`${t(answer.passed ? `check.done${answer.film ? "_film" : ""}` : "check.failed")}\n`, "note");
  }

  async function overFolder() {
    const files = [...(pickFolder.files ?? [])];
    pickFolder.value = "";
    [gently, stopping] = ["folder", false];
    try {
      const errors = await runFolder(files, {
        room,
        source: editor.text,
        name: fileName,
        faces: pictures.faces,
        stopping: () => stopping,
        progress: (text) => (progress.textContent = text),
        refuse: (text) => terminal.write(`${text}\n`, "error"),
      });
      if (errors) terminal.add(errors);
    } catch (error) {
      terminal.write(`${said(error)}\n`, "error");
    } finally {
      gently = "";
    }
  }

  function save() {
    saveText(editor.text, "text/x-python", fileName);
    unsaved = false;
  }

  async function opened() {
    const [file] = pick.files ?? [];
    pick.value = "";
    if (file) replace(await file.text(), file.name);
  }

  /**
   * @param {string} text
   * @param {string} called
   */
  function replace(text, called) {
    if (unsaved && text !== editor.text && !confirm(t("editor.replace"))) return;
    editor.text = text;
    fileName = name.value = called;
    unsaved = false;
  }
}

/** @param {unknown} error */
function said(error) {
  if (error instanceof Malformed) return t("terminal.malformed");
  return error instanceof Error ? error.message : String(error);
}

/** @param {import("../ui/i18n.js").Language} language */
async function speakIn(language) {
  keep(LANGUAGE, language);
  await speak(language);
  await learn();
  draw();
}

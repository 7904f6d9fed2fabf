/** The terminal: what Python says and shows, and the line that it is told. */

import { h } from "../ui/dom.js";
import { inWords } from "../ui/i18n.js";
import { icon } from "../ui/icons.js";
import { visible } from "../ui/text.js";
import { checkOf } from "./border.js";
import { named, t } from "./words.js";

/** More than this is not kept on the screen. */
const MOST_BLOCKS = 400;
const MOST_HISTORY = 100;

/**
 * @param {{run: (code: string) => void, stop: () => void, restart: () => void}} does
 */
export function createTerminal({ run, stop, restart }) {
  /** @type {string[]} */
  const history = [];
  let at = 0;
  const output = h("div", { class: "output", role: "log", tabIndex: 0, "aria-label": t("terminal.output") });
  const input = h("textarea", {
    rows: 2,
    spellcheck: false,
    autocapitalize: "off",
    "aria-label": t("terminal.input"),
    "aria-describedby": "terminal-hint",
    onkeydown: key,
  });
  const go = h("button", { type: "button", class: "primary", onclick: submit }, t("terminal.run"));
  const halt = h("button", { type: "button", class: "stop", disabled: true, onclick: stop }, icon("cross"), t("terminal.stop"));
  // also while Python starts: a start that hangs is begun anew
  const again = h("button", { type: "button", onclick: restart }, t("terminal.restart"));

  /** @param {KeyboardEvent} event */
  function key(event) {
    const plain = !event.shiftKey && !event.isComposing;
    if (event.key === "Enter" && plain) {
      event.preventDefault();
      submit();
    } else if (event.key === "ArrowUp" && plain && !input.value.includes("\n")) recall(-1, event);
    else if (event.key === "ArrowDown" && plain && !input.value.includes("\n")) recall(1, event);
  }

  /**
   * @param {number} step
   * @param {KeyboardEvent} event
   */
  function recall(step, event) {
    const next = at + step;
    if (next < 0 || next > history.length) return;
    event.preventDefault();
    at = next;
    input.value = history[at] ?? "";
  }

  function submit() {
    const code = input.value;
    if (!code.trim() || go.disabled) return;
    history.push(code);
    if (history.length > MOST_HISTORY) history.shift();
    at = history.length;
    input.value = "";
    add(h("pre", { class: "typed" }, code));
    run(code);
  }

  /** @param {HTMLElement} block */
  function add(block) {
    const low = output.scrollHeight - output.scrollTop - output.clientHeight < 60;
    output.append(block);
    // a picture has its height only once it is there
    for (const image of low ? block.querySelectorAll("img") : []) {
      image.addEventListener("load", () => (output.scrollTop = output.scrollHeight), { once: true });
    }
    while (output.childElementCount > MOST_BLOCKS) forget(/** @type {Element} */ (output.firstElementChild));
    if (low) output.scrollTop = output.scrollHeight;
  }

  /** @param {Element} block */
  function forget(block) {
    for (const image of block.querySelectorAll("img")) URL.revokeObjectURL(image.src);
    block.remove();
  }

  function clear() {
    for (const block of [...output.children]) forget(block);
  }

  /**
   * @param {string} text
   * @param {string} kind
   */
  function write(text, kind = "text") {
    const last = output.lastElementChild;
    if (last instanceof HTMLPreElement && last.dataset.kind === kind && (last.textContent ?? "").length < 20_000) {
      last.append(text);
      output.scrollTop = output.scrollHeight;
    } else add(h("pre", { "data-kind": kind, lang: kind === "note" ? "" : "en" }, text));
  }

  return {
    add,
    write,
    clear,
    focus: () => input.focus(),
    /** Something that Python told. @param {import("./border.js").Told} told */
    told({ kind, text, data }) {
      const check = kind === "check" && checkOf(text);
      if (check) add(checked(check));
      else if ((kind === "png" || kind === "svg") && data) add(shown(kind, text, data));
      else if (kind === "text" || kind === "error") write(text, kind);
    },
    /** @param {import("./room.js").State} state */
    state(state) {
      go.disabled = state !== "ready";
      halt.disabled = state !== "working";
    },
    element: h(
      "section",
      { class: "terminal", "aria-labelledby": "terminal-title" },
      h("header", null, h("h2", { id: "terminal-title" }, t("terminal")), halt, again, h("button", { type: "button", onclick: clear }, t("terminal.clear"))),
      output,
      h("div", { class: "prompt" }, input, go),
      h("p", { class: "soft hint", id: "terminal-hint" }, t("terminal.hint")),
    ),
  };
}

/**
 * @param {"png" | "svg"} kind
 * @param {string} words
 * @param {Uint8Array<ArrayBuffer>} data
 */
function shown(kind, words, data) {
  // an SVG in an <img> runs nothing and asks for nothing
  const type = kind === "png" ? "image/png" : "image/svg+xml";
  const src = URL.createObjectURL(new Blob([data], { type }));
  return h("figure", null, h("img", { src, alt: words }), h("figcaption", { lang: "en" }, visible(words)));
}

/** @param {NonNullable<ReturnType<typeof checkOf>>} check */
function checked({ name, outcome, words }) {
  const mark = { passed: "✓", warning: "?", failed: "✗" }[/** @type {"passed"} */ (outcome)] ?? "?";
  return h(
    "p",
    { class: "check", "data-outcome": outcome },
    h("b", null, `${mark} ${visible(named("check", name))}: ${visible(named("outcome", outcome))}. `),
    visible(inWords(words)),
  );
}

/** The editor: CodeMirror, as PyScript carries it, in a shadow tree that its styles cannot leave. */

import { codemirror, lang_python, state, view } from "../vendor/pyscript/editor.js";

/**
 * @param {HTMLElement} host
 * @param {{label: string, text: string, onChange: () => void}} how
 */
export function createEditor(host, { label, text, onChange }) {
  // adopted style sheets need no exception in the security policy, <style> elements would
  const root = host.shadowRoot ?? host.attachShadow({ mode: "open", delegatesFocus: true });
  root.replaceChildren();
  const place = document.createElement("div");
  root.append(place);
  const theme = view.EditorView.theme({
    "&": { color: "var(--ink)", backgroundColor: "var(--card)", height: "100%", fontSize: "var(--small)" },
    "&.cm-focused": { outline: "2px solid var(--accent)", outlineOffset: "-2px" },
    ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55", overflow: "auto" },
    ".cm-gutters": { backgroundColor: "var(--sunk)", color: "var(--soft)", border: "none" },
    ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "color-mix(in srgb, var(--wash) 55%, transparent)" },
    ".cm-content": { caretColor: "var(--ink)" },
    ".cm-cursor": { borderLeftColor: "var(--ink)" },
    "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": {
      backgroundColor: "var(--wash)",
    },
  });
  const made = new view.EditorView({
    root,
    parent: place,
    state: state.EditorState.create({
      doc: text,
      extensions: [
        codemirror.basicSetup,
        lang_python.python(),
        state.EditorState.tabSize.of(4),
        theme,
        view.EditorView.contentAttributes.of({ "aria-label": label }),
        view.EditorView.updateListener.of((/** @type {any} */ update) => update.docChanged && onChange()),
      ],
    }),
  });
  place.style.height = "100%";
  return {
    get text() {
      return made.state.doc.toString();
    },
    /** @param {string} text */
    set text(text) {
      made.dispatch({ changes: { from: 0, to: made.state.doc.length, insert: text } });
    },
    focus: () => made.focus(),
    close: () => made.destroy(),
  };
}

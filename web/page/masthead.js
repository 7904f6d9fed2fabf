/** The line at the top: name, state of the engine, language, theme. */

import { h } from "../ui/dom.js";
import { LANGUAGES, named, spoken, t } from "../ui/i18n.js";
import { icon } from "../ui/icons.js";
import { theme, THEMES, wear } from "../ui/theme.js";

/** @typedef {import("../ui/i18n.js").Language} Language */

/**
 * @param {(language: Language) => void} speakIn
 * @param {() => void} restart
 * @param {HTMLElement[]} tools the buttons for more pictures and for the bank
 */
export function masthead(speakIn, restart, tools) {
  const engine = h("span", { class: "engine" });
  const offline = h("span", { class: "offline" });
  const alone = h("span", { class: "tag private", hidden: true, title: t("private.on") }, t("private.tag"));
  const update = h("button", { type: "button", class: "small", hidden: true, onclick: restart }, t("update"));
  const language = h(
    "select",
    {
      class: "quiet",
      "aria-label": t("language"),
      onchange: () => speakIn(/** @type {Language} */ (language.value)),
    },
    Object.entries(LANGUAGES).map(([code, name]) => h("option", { value: code, lang: code }, name)),
  );
  language.value = spoken();
  const look = h("button", { type: "button", class: "icon-button", onclick: turn });

  function turn() {
    wear(THEMES[(THEMES.indexOf(theme()) + 1) % THEMES.length]);
    paint();
  }

  function paint() {
    const label = t("theme", { name: named("theme", theme()) });
    look.title = label;
    look.setAttribute("aria-label", label);
    look.replaceChildren(icon(theme()));
  }

  paint();
  return {
    language,
    element: h(
      "header",
      { class: "masthead" },
      h("h1", null, h("img", { src: "page/logo.svg", alt: "", width: 24, height: 24 }), "Telltale"),
      h("div", { class: "masthead-state" }, engine, offline, alone, update),
      tools,
      language,
      look,
    ),
    /**
     * @param {import("../engine/client.js").State} state
     * @param {string} text
     */
    engine(state, text) {
      engine.dataset.state = state;
      engine.replaceChildren(h("span", { class: "dot", "aria-hidden": "true" }), text);
    },
    /** @param {string} text */
    offline(text) {
      offline.textContent = text;
    },
    /** @param {boolean} wanted */
    hush(wanted) {
      alone.hidden = !wanted;
    },
    update() {
      update.hidden = false;
    },
  };
}

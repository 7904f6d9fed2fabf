/** What is kept on this device, in one place: the reference bank, and the history with its cases. */

import { createBankView } from "./bankview.js";
import { createCaseView } from "./caseview.js";
import { h } from "./dom.js";
import { headsView } from "./headsview.js";
import { t } from "./i18n.js";

/** @typedef {import("./caseview.js").World} World */

/**
 * @param {HTMLElement} root
 * @param {World} world
 */
export function createLibrary(root, world) {
  const { ask } = world;
  const place = h("div", null);
  root.classList.add("library");
  const cases = h("div", null);
  const choices = /** @type {const} */ ([["library.bank", place], ["library.cases", cases]]);
  const buttons = choices.map(([key, shown]) =>
    h("button", { type: "button", onclick: () => show(shown) }, t(key)),
  );
  root.replaceChildren(
    h("h2", { tabIndex: -1 }, t("library.title")),
    h("div", { class: "actions", role: "group", "aria-label": t("library.title") }, buttons),
    place,
    cases,
  );
  show(place);

  /** @param {HTMLElement} shown */
  function show(shown) {
    choices.forEach(([, other], k) => {
      other.hidden = other !== shown;
      buttons[k].setAttribute("aria-pressed", String(other === shown));
    });
    if (shown === place) createBankView(place, { ask, more: () => [headsView(ask)] });
    else createCaseView(cases, world);
  }
}

/**
 * The library in a dialog that fills the window.
 *
 * @param {World} world
 */
export function libraryDialog(world) {
  const place = h("div", null);
  const dialog = h(
    "dialog",
    { class: "library-dialog", "aria-label": t("library.title"), onclose: () => dialog.remove() },
    h(
      "form",
      { method: "dialog", class: "library-close" },
      h("button", { type: "submit", class: "icon-button", "aria-label": t("library.close"), title: t("library.close") }, "✕"),
    ),
    place,
  );
  document.body.append(dialog);
  dialog.showModal();
  const { repeat } = world;
  createLibrary(place, {
    ...world,
    repeat: repeat && ((record) => {
      dialog.close();
      repeat(record);
    }),
  });
}

/** What is kept on this device, in one place: the reference bank, and the history with its cases. */

import { createBankView } from "./bankview.js";
import { h } from "./dom.js";
import { t } from "./i18n.js";

/** @typedef {import("./bankanswer.js").Ask} Ask */

/**
 * @param {HTMLElement} root
 * @param {{ask: Ask}} world
 */
export function createLibrary(root, { ask }) {
  const place = h("div", null);
  root.classList.add("library");
  root.replaceChildren(h("h2", { tabIndex: -1 }, t("library.title")), place);
  return createBankView(place, { ask });
}

/**
 * The library in a dialog that fills the window.
 *
 * @param {{ask: Ask}} world
 */
export function libraryDialog({ ask }) {
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
  createLibrary(place, { ask });
}

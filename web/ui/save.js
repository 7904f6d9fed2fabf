/** Saving to the person's own disk; nothing is sent. */

import { h } from "./dom.js";
import { t } from "./i18n.js";
import { icon } from "./icons.js";
import { visible } from "./text.js";

/**
 * A button for what the engine has to make first, and the place where it is said that that failed.
 *
 * @param {string} label
 * @param {() => Promise<void>} make
 */
export function making(label, make) {
  const button = h("button", { type: "button", onclick: go }, icon("save"), label);
  const trouble = h("span", { class: "trouble", role: "alert" });
  async function go() {
    button.disabled = true;
    trouble.replaceChildren();
    try {
      await make();
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      trouble.replaceChildren(icon("warning"), t("save.failed", { why: visible(why) }));
    }
    button.disabled = false;
  }
  return [button, trouble];
}

/**
 * Offer `text` as a download.
 *
 * @param {string} text
 * @param {string} type
 * @param {string} name
 */
export function saveText(text, type, name) {
  saveFile(new Blob([text], { type }), name);
}

/**
 * @param {Blob} blob
 * @param {string} name
 */
export function saveFile(blob, name) {
  const url = URL.createObjectURL(blob);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
}

/**
 * A file name that any system accepts, made of the picture's.
 *
 * @param {string} name
 * @param {string} ending with its dot
 */
export function nameFor(name, ending) {
  const stem = name.replace(/\.[^.]{1,5}$/, "").replace(/[^\p{L}\p{N}._ -]+/gu, "_");
  return `${stem.replace(/^[.\s]+/, "").slice(0, 80) || "picture"}.telltale${ending}`;
}

/**
 * The saved form of one or several records.
 *
 * @param {unknown} records
 */
export function recordText(records) {
  return `${JSON.stringify(records, null, 1)}\n`;
}

/** Text from a record or a file, made safe to look at. */

import { h } from "./dom.js";
import { fromName, fromRecord } from "./i18n.js";

// controls, bidirectional overrides and invisible joiners can make a name read as another name
const HIDDEN =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]/g;

/**
 * A string with its invisible characters written out, such as ⟨U+202E⟩.
 *
 * @param {string} text
 */
export function visible(text) {
  return text.replace(
    HIDDEN,
    (c) => `⟨U+${c.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`,
  );
}

/**
 * A string from the file itself (a name, metadata), isolated from the text around it.
 *
 * @param {string} text
 * @param {string} [className]
 */
export function foreign(text, className) {
  return h("bdi", { class: className }, visible(text));
}

/**
 * An element holding a text that Python wrote, in the reader's language where it is known.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} text
 * @param {import("./dom.js").Props} [props]
 * @returns {HTMLElementTagNameMap[K]}
 */
export function said(tag, text, props) {
  const known = fromRecord(text);
  return h(tag, { ...props, lang: known.lang }, visible(known.text));
}

/**
 * The same for a name of a record, such as that of a fact or a map.
 *
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {string} name
 * @param {import("./dom.js").Props} [props]
 * @returns {HTMLElementTagNameMap[K]}
 */
export function called(tag, name, props) {
  const known = fromName(name);
  return h(tag, { ...props, lang: known.lang }, visible(known.text));
}

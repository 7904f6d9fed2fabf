/** A phrase book for the texts of records: whole sentences with numbers and quoted names in them. */

/** What a sentence is filled in with: a name between these marks, a date, or a number. */
const FIELD = /\u201c[^\u201d]*\u201d|\d{4}-\d\d-\d\d|\d+(?:[.,]\d+)*/g;
const NAME = /\u201c[^\u201d]*\u201d/g;

export class Phrases {
  /** @type {Map<string, string>} */
  #exact;
  /** @type {Map<string, string>} by the text with `{}` for each number */
  #patterns = new Map();
  #language;

  /**
   * @param {{[english: string]: string}} book English to another language; `{}` in the English is
   *   any field, `{1}` in the translation the first of the text, `{2}` the second
   * @param {string} language of the translations
   */
  constructor(book, language) {
    this.#exact = new Map(Object.entries(book));
    this.#language = language;
    for (const [english, translation] of this.#exact) {
      if (english.includes("{}")) this.#patterns.set(english.replace(FIELD, "{}"), translation);
    }
  }

  /**
   * The translation of a text, of one sentence after the other if need be; null where any part of
   * it is not in the book.
   *
   * @param {string} text
   * @returns {string | null}
   */
  translate(text) {
    // names may hold full stops: they are put aside while sentences are told apart
    const names = text.match(NAME) ?? [];
    const bare = text.replace(NAME, "\u201c\u201d");
    const parts = bare.split(/(?<=[.:;!?]) (?=\p{Lu}|\p{Ll}|\u201c)/u);
    const said = [];
    while (parts.length) {
      // a phrase of the book may hold several sentences: the longest counts
      let n = parts.length;
      let known = null;
      let held = 0;
      for (; n > 0 && known === null; n--) {
        held = 0;
        const part = parts.slice(0, n).join(" ");
        known = this.#phrase(part.replace(NAME, () => names[held++]));
      }
      if (known === null) return null;
      names.splice(0, held);
      said.push(known);
      parts.splice(0, n + 1);
    }
    return said.join(" ");
  }

  /**
   * @param {string} text
   * @returns {string | null}
   */
  #phrase(text) {
    const exact = this.#exact.get(text);
    if (exact !== undefined) return exact;
    const pattern = this.#patterns.get(text.replace(FIELD, "{}"));
    if (pattern === undefined) return null;
    const fields = text.match(FIELD) ?? [];
    return pattern.replace(/\{(\d+)\}/g, (_, n) => this.#field(fields[Number(n) - 1] ?? ""));
  }

  /** @param {string} english such as 1.4, 30,000, a date, or a name between marks */
  #field(english) {
    if (english.startsWith("\u201c")) return `\u00ab${english.slice(1, -1)}\u00bb`;
    if (english.includes("-")) return english;
    const plain = english.replaceAll(",", "");
    const digits = plain.split(".")[1]?.length ?? 0;
    const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    return new Intl.NumberFormat(this.#language, format).format(Number(plain));
  }
}

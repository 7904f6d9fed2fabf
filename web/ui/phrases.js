/** A phrase book for the texts of records: whole sentences with numbers in them. */

const NUMBER = /\d+(?:[.,]\d+)*/g;

export class Phrases {
  /** @type {Map<string, string>} */
  #exact;
  /** @type {Map<string, string>} by the text with `{}` for each number */
  #patterns = new Map();
  #language;

  /**
   * @param {{[english: string]: string}} book English to another language; `{}` in the English is
   *   any number, `{1}` in the translation the first of the text, `{2}` the second
   * @param {string} language of the translations
   */
  constructor(book, language) {
    this.#exact = new Map(Object.entries(book));
    this.#language = language;
    for (const [english, translation] of this.#exact) {
      if (english.includes("{}")) this.#patterns.set(english.replace(NUMBER, "{}"), translation);
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
    const parts = text.split(/(?<=[.:;!?]) (?=\p{Lu}|\p{Ll})/u);
    const said = [];
    while (parts.length) {
      // a phrase of the book may hold several sentences: the longest counts
      let n = parts.length;
      let known = null;
      for (; n > 0 && known === null; n--) known = this.#phrase(parts.slice(0, n).join(" "));
      if (known === null) return null;
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
    const pattern = this.#patterns.get(text.replace(NUMBER, "{}"));
    if (pattern === undefined) return null;
    const numbers = text.match(NUMBER) ?? [];
    return pattern.replace(/\{(\d+)\}/g, (_, n) => this.#number(numbers[Number(n) - 1] ?? ""));
  }

  /** @param {string} english such as 1.4 or 30,000 */
  #number(english) {
    const plain = english.replaceAll(",", "");
    const digits = plain.split(".")[1]?.length ?? 0;
    const format = { minimumFractionDigits: digits, maximumFractionDigits: digits };
    return new Intl.NumberFormat(this.#language, format).format(Number(plain));
  }
}

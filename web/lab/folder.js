/** A detector over a folder that the person chooses: one picture after the other, then what it says. */

import { h } from "../ui/dom.js";
import { inWords, number } from "../ui/i18n.js";
import { saveText } from "../ui/save.js";
import { visible } from "../ui/text.js";
import { Stopped } from "./room.js";
import { t } from "./words.js";

/** As in `telltale.lab.folders`. */
const SUFFIXES = /\.(jpe?g|jpe|jfif|png|webp|gif|bmp)$/i;

/** @typedef {{label: string, path: string, score: number}} Worst */

/**
 * @param {File[]} files of one folder, with `webkitRelativePath`
 * @param {object} how
 * @param {import("./room.js").Room} how.room
 * @param {string} how.source
 * @param {string} how.name of the detector's file
 * @param {boolean} how.faces
 * @param {() => boolean} how.stopping whether to end after the picture in hand
 * @param {(text: string) => void} how.progress
 * @param {(text: string) => void} how.refuse
 * @returns {Promise<HTMLElement | null>} the worst errors, and the table to save
 */
export async function runFolder(files, { room, source, name, faces, stopping, progress, refuse }) {
  const below = (/** @type {File} */ file) => file.webkitRelativePath.split("/").slice(1).join("/") || file.name;
  const byPath = new Map(files.filter((f) => SUFFIXES.test(f.name)).map((file) => [below(file), file]));
  const table = files.find((file) => below(file) === "labels.csv");
  const paths = [...byPath.keys()].sort();
  if (!paths.length) return refuse(t("folder.none")), null;
  try {
    return await room.together(async (call) => {
      let done = 0;
      for (const path of paths) {
        if (stopping()) break;
        progress(t("folder.progress", { done: done + 1, total: paths.length, name: visible(path) }));
        const bytes = new Uint8Array(await /** @type {File} */ (byPath.get(path)).arrayBuffer());
        const answer = await call("score", source, name, path, bytes, done === 0, faces);
        if (answer.refused) return refuse(inWords(answer.refused)), null;
        done++;
      }
      if (!done) return null;
      const answer = await call("conclude", table ? await table.text() : "");
      if (answer.refused) return refuse(inWords(answer.refused)), null;
      return concluded(answer, byPath, name);
    });
  } catch (error) {
    if (error instanceof Stopped) return null;
    throw error;
  } finally {
    progress("");
  }
}

/**
 * @param {{worst: Worst[], table: string}} answer
 * @param {Map<string, File>} files
 * @param {string} name
 */
function concluded({ worst, table }, files, name) {
  const save = () => saveText(table, "text/csv", `${name.replace(/\.py$/, "")}-scores.csv`);
  return h(
    "div",
    { class: "worst" },
    worst.length > 0 && h("h3", null, t("folder.worst")),
    h("ul", null, worst.map((one) => h("li", null, picture(one, files.get(one.path))))),
    h("button", { type: "button", class: "small", onclick: save }, t("folder.table")),
  );
}

/**
 * @param {Worst} one
 * @param {File | undefined} file
 */
function picture({ label, path, score }, file) {
  const words = t(label === "real" ? "folder.real" : "folder.fake", { name: visible(path), score: number(score) });
  return h(
    "figure",
    null,
    file && h("img", { src: URL.createObjectURL(file), alt: "", loading: "lazy" }),
    h("figcaption", null, words),
  );
}

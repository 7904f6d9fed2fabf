/** Looks at a picture of a job through glasses, and beside another, in the offscreen document. */

import { message } from "./chrome.js";
import * as jobs from "./jobs.js";
import { question } from "./question.js";

/** @typedef {import("../engine/client.js").Shown} Shown */

/**
 * @param {string} id
 * @param {number} index
 * @returns {import("../ui/looking.js").Eye}
 */
export function eyeOf(id, index) {
  const mine = `${id}/${index}`;
  /** @type {Promise<Shown> | null} */
  let picture = null;
  // read once for all turns of a knob; a blob is handed on without being copied
  const own = () => (picture ??= kept(mine));
  return {
    look: async (glass, values) => question("look", { picture: await own(), glass, values }),
    async compare(other) {
      const [first, second] = await Promise.all([own(), typeof other === "string" ? kept(other) : given(other)]);
      return question("compare", { picture: first, other: second });
    },
    others: async () =>
      (await jobs.all())
        .reverse()
        .flatMap((job) => job.items.map(({ name }, at) => ({ key: `${job.id}/${at}`, name })))
        .filter(({ key }) => key !== mine),
  };
}

/** A picture of a job. @param {string} key @returns {Promise<Shown>} */
async function kept(key) {
  const [id, index] = key.split("/");
  const [job, bytes] = await Promise.all([jobs.get(id), jobs.bytes(id, Number(index))]);
  if (!job || !bytes) throw new Error(message("no_result"));
  return { key, bytes: new Blob([bytes]), name: job.items[Number(index)].name, rung: job.rung || "file" };
}

/** A file that the person chose for comparison. @param {File} file @returns {Shown} */
function given(file) {
  return { key: `${file.name} ${file.size} ${file.lastModified}`, bytes: file, name: file.name, rung: "file" };
}

/**
 * A video for the lab: the page decodes it, through the one door to frames, and of the frames that are
 * wished for a copy goes in. One frame is held at a time; what is kept of them is bounded inside.
 */

import { Film, Refused } from "../engine/film.js";

const ROOT = new URL("../", import.meta.url).href;

/**
 * @param {File} file
 * @param {object} how
 * @param {import("./room.js").Call} how.call
 * @param {boolean} how.faces whether faces are followed
 * @param {() => boolean} how.stopping whether to end after the frame in hand, with what was read
 * @param {(share: number) => void} how.progress
 * @returns {Promise<any>} the answer of `end_film`, or one with `refused`
 */
export async function takeFilm(file, { call, faces, stopping, progress }) {
  /** @type {Film} */
  let film;
  try {
    film = await Film.open(file, ROOT);
  } catch (error) {
    if (error instanceof Refused) return { refused: { en: error.message } };
    throw error;
  }
  try {
    // a slice has neither the file's name nor its date, and cannot be written to
    const begun = await call("begin_film", file.name, file.slice(), JSON.stringify(film.meta), faces);
    if (begun.refused) return begun;
    let taken = 0;
    reading: for (const [start_s, end_s] of begun.windows) {
      for await (const shot of film.shots(start_s, end_s ?? Infinity)) {
        try {
          // whole minutes may have no frame that is wished for
          if (taken && stopping()) break reading;
          if (!(await call("wish", shot.time_s)).wish) continue;
          const { rgba, width, height } = await shot.pixels();
          const { fraction } = await call("push_frame", rgba, width, height, shot.time_s, shot.index);
          taken++;
          if (typeof fraction === "number") progress(fraction);
        } finally {
          shot.close();
        }
      }
    }
    return await call("end_film", film.trouble);
  } finally {
    film.close();
  }
}

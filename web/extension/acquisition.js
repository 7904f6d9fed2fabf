/** How a picture was obtained, as it stands in the record. */

/**
 * @param {import("./jobs.js").Job} job
 * @param {number} index of the picture in the job
 */
export function acquisition({ source, rung, tried, notes, measures, items, created }, index) {
  return {
    by: "extension",
    asked: new Date(created).toISOString(),
    page: source.page,
    url: source.url.startsWith("data:") ? "data:" : source.url,
    rung,
    tried: tried.map(({ rung: one, why, detail }) => ({ rung: one, why, detail })),
    notes: [...notes],
    measures: { ...measures },
    time_s: items[index].time,
  };
}

/** Whether analyses are kept in the history, and what of them. No DOM here. */

import { keep as remember, recall } from "./theme.js";

/** @typedef {import("./record.js").TelltaleRecord} TelltaleRecord */

const KEY = "telltale.history";

/** Whether the person wants every analysis kept. */
export function keepsAll() {
  return recall(KEY) === "all";
}

/** @param {boolean} all */
export function keepAll(all) {
  remember(KEY, all ? "all" : "none");
}

/** A record without its maps, which are megabytes. @param {TelltaleRecord} record */
export function slim(record) {
  if (!("findings" in record)) return record;
  return { ...record, findings: record.findings.map((one) => ({ ...one, maps: [] })) };
}

/** What goes into the lab's frame, and from it into its worker. */

export interface Inside {
  /** Pyodide's own files, by name. */
  pyodide: { [name: string]: Blob };
  /** Unpacked files, laid end to end in `blob`. */
  site: { files: [path: string, from: number, to: number][]; blob: Blob };
  lock: { [field: string]: string };
  ort: { script: Blob; wasm: Blob };
  models: { [id: string]: Blob };
  /** SHA-256 of each model. */
  hashes: { [id: string]: string };
}

export interface Kit {
  /** The first lines of the worker, and the Python that it starts with. */
  prelude: string;
  start: string;
  /** PyScript. */
  core: string;
  inside: Inside;
}

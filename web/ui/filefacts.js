/** What is known about the file: identity, coding, decoder, metadata. */

import { h } from "./dom.js";
import { metadata, rows, yes } from "./facts.js";
import { bytes, integer, named, number, t } from "./i18n.js";
import { jpegTables } from "./jpegtables.js";
import { placeSketch } from "./place.js";
import { foreign, said } from "./text.js";

/** @typedef {import("./record.js").Media} Media */
/** @typedef {import("./record.js").Jpeg} Jpeg */

/**
 * @param {HTMLElement} root
 * @param {Media} media
 */
export function drawFileFacts(root, media) {
  const exif = metadata(media.exif);
  root.replaceChildren(
    identity(media),
    rows([
      [t("file.pixels"), `${integer(media.width)} × ${integer(media.height)}`],
      [t("file.format"), [foreign(media.format), " ", foreign(media.mime, "soft")]],
      [t("file.mode"), `${media.mode}, ${t("file.bits", { n: media.bits })}`],
      [t("file.frames"), media.frames > 1 ? integer(media.frames) : null],
      [t("file.alpha"), media.has_alpha ? yes(true) : null],
      [t("file.orientation"), named("orientation", String(media.orientation))],
      [t("file.icc"), media.icc_profile ? foreign(media.icc_profile) : t("file.icc_none")],
      [t("file.decoder"), Object.entries(media.decoder).map(([k, v]) => h("div", null, h("span", { class: "soft" }, `${k}: `), foreign(v)))],
    ]),
    ...(media.notes.length ? [h("ul", { class: "notes" }, media.notes.map((note) => said("li", note)))] : []),
    ...(media.jpeg ? [h("h4", null, t("jpeg.title")), ...jpeg(media.jpeg)] : []),
    h("h4", null, t("exif.title")),
    ...place(media),
    ...(exif.length ? [h("p", { class: "soft" }, t("exif.claim")), ...exif] : [h("p", { class: "soft" }, t("exif.none"))]),
  );
}

/** @param {Media} media */
function place({ exif }) {
  const { latitude, longitude } = /** @type {{[name: string]: unknown}} */ (exif.summary ?? {});
  if (typeof latitude !== "number" || typeof longitude !== "number") return [];
  return [placeSketch(latitude, longitude)];
}

/**
 * Name, hash and size: what can be said even of a file that cannot be examined.
 *
 * @param {{name: string, sha256: string, size_bytes: number, rung?: string}} media
 */
export function identity(media) {
  const hash = h("code", { class: "hash" }, media.sha256);
  const copy = h(
    "button",
    {
      type: "button",
      class: "small",
      onclick: async () => {
        await navigator.clipboard.writeText(media.sha256);
        copy.textContent = t("copied");
      },
    },
    t("copy"),
  );
  return rows([
    [t("file.name"), foreign(media.name)],
    [t("file.sha256"), [hash, " ", copy]],
    [t("file.size"), `${bytes(media.size_bytes)} (${t("file.bytes", { n: integer(media.size_bytes) })})`],
    [t("file.rung"), media.rung ? named("rung", media.rung) : null],
  ]);
}

/** @param {Jpeg} jpeg */
function jpeg(jpeg) {
  const quality = jpeg.quality === null ? t("jpeg.quality_none") : number(jpeg.quality);
  return [
    rows([
      [t("jpeg.quality"), `${quality} ${t(jpeg.quality_exact ? "jpeg.exact" : "jpeg.near")}`],
      [t("jpeg.subsampling"), jpeg.subsampling],
      [t("jpeg.coding"), coding(jpeg)],
      [t("jpeg.restart"), jpeg.restart_interval ? integer(jpeg.restart_interval) : t("no")],
      [t("jpeg.adobe"), jpeg.adobe_transform === null ? t("no") : String(jpeg.adobe_transform)],
      [t("jpeg.thumbnails"), thumbnails(jpeg)],
      [
        t("jpeg.trailing"),
        jpeg.trailing_bytes
          ? [`${t("file.bytes", { n: integer(jpeg.trailing_bytes) })} `, foreign(jpeg.trailing_kind)]
          : t("no"),
      ],
      [t("jpeg.comments"), jpeg.comments.map((comment) => h("div", null, foreign(comment)))],
      [t("jpeg.markers"), h("span", { class: "mono" }, jpeg.marker_order.join(" "))],
    ]),
    jpegTables(jpeg.tables),
  ];
}

/** @param {Jpeg} jpeg */
function coding(jpeg) {
  const process = t(jpeg.progressive ? "jpeg.progressive" : "jpeg.baseline");
  const entropy = t(jpeg.arithmetic ? "jpeg.arithmetic" : "jpeg.huffman");
  return `${process}, ${entropy}, ${t("file.bits", { n: jpeg.precision_bits })}`;
}

/** @param {Jpeg} jpeg */
function thumbnails(jpeg) {
  if (!jpeg.thumbnails.length) return t("no");
  return jpeg.thumbnails.map((one) =>
    h("div", null, Object.entries(one).map(([name, value]) => `${name} ${value}`).join(", ")),
  );
}

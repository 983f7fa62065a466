// Photos of a draft: made smaller before they are kept, shown by their own bytes, told where one can't be.
import { fotosDe, poner, quitar } from "./almacen.js";
import { numeroDeEnvio } from "./borrador.js";
import { conExif, exifDe } from "./exif.js";
import { datos, hacer, t, uno } from "./textos.js";

const LADO = 1600;
const LIGERA = 700 * 1024;
const CALIDAD = 0.82;
const MINIATURA = 160;

const aviso = (texto) => { uno("[data-fotos-aviso]").textContent = texto; };

export async function agregar(envio, archivos, alFallar) {
  for (const archivo of archivos) {
    const cuantas = (await fotosDe(envio)).length;
    if (cuantas >= datos.fotos) {
      aviso(t("muchas_fotos", { n: datos.fotos }));
      break;
    }
    aviso(t("preparando"));
    try {
      const { blob, miniatura } = await achicar(archivo);
      const nombre = `${archivo.name.replace(/\.\w{1,5}$/, "") || t("foto", { n: cuantas + 1 })}.${blob.type === "image/png" ? "png" : "jpg"}`;
      await poner("fotos", { id: numeroDeEnvio(), envio, nombre, blob, miniatura, creada: Date.now(), enviada: false });
      aviso("");
    } catch (falla) {
      if (falla.name === "QuotaExceededError") alFallar(falla);
      aviso(falla.name === "QuotaExceededError" ? t("sin_espacio") : t("foto_mala", { nombre: archivo.name }));
    }
  }
  await pintar(envio);
}

async function achicar(archivo) {
  const imagen = await createImageBitmap(archivo, { imageOrientation: "from-image" });
  try {
    const miniatura = await (await dibujada(imagen, MINIATURA)).convertirEnTexto();
    const cabe = Math.max(imagen.width, imagen.height) <= LADO * 1.5 && archivo.size <= LIGERA;
    if (cabe && archivo.type === "image/jpeg") return { blob: archivo.slice(0, archivo.size, archivo.type), miniatura };
    const exif = await exifDe(archivo).catch(() => null);
    const jpeg = await (await dibujada(imagen, LADO)).convertir();
    return { blob: exif ? conExif(jpeg, exif) : jpeg, miniatura };
  } finally {
    imagen.close();
  }
}

async function dibujada(imagen, lado) {
  const escala = Math.min(1, lado / Math.max(imagen.width, imagen.height));
  const lienzo = hacer("canvas", { width: Math.max(1, Math.round(imagen.width * escala)), height: Math.max(1, Math.round(imagen.height * escala)) });
  const pincel = lienzo.getContext("2d");
  pincel.fillStyle = "#fff";
  pincel.fillRect(0, 0, lienzo.width, lienzo.height);
  pincel.drawImage(imagen, 0, 0, lienzo.width, lienzo.height);
  return {
    convertir: () => new Promise((listo, falla) => { lienzo.toBlob((b) => (b ? listo(b) : falla(new Error("sin imagen"))), "image/jpeg", CALIDAD); }),
    // As text, since the security policy of the page shows no blobs.
    convertirEnTexto: async () => lienzo.toDataURL("image/jpeg", 0.7),
  };
}

export async function pintar(envio) {
  const fotos = (await fotosDe(envio)).sort((a, b) => a.creada - b.creada);
  uno("[data-fotos]").replaceChildren(...fotos.map((foto, n) => {
    const quitarla = hacer("button", { type: "button", className: "btn btn-outline-secondary btn-sm", textContent: "✕", ariaLabel: t("quitar_foto", { n: n + 1 }) });
    quitarla.addEventListener("click", async () => { await quitar("fotos", foto.id); await pintar(envio); });
    const motivo = foto.motivo ? hacer("p", { className: "estado estado-mal chica", textContent: t("foto_rechazada", { motivo: foto.motivo }) }) : null;
    return hacer("li", {}, hacer("img", { src: foto.miniatura, alt: t("foto", { n: n + 1 }) }), quitarla, motivo);
  }));
  return fotos.length;
}

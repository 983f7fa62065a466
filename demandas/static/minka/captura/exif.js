// A photo made smaller keeps what its camera wrote (when and where), but no longer which side was up: it stands upright now.
const INICIO = 0xffd8, APP1 = 0xffe1, FIN_DE_CABEZA = 0xffda;
const ORIENTACION = 0x0112;

// The APP1 segment of a JPEG, with its orientation set to upright; null where there is none that can be read.
export async function exifDe(archivo) {
  const vista = new DataView(await archivo.slice(0, 256 * 1024).arrayBuffer());
  if (vista.byteLength < 4 || vista.getUint16(0) !== INICIO) return null;
  let lugar = 2;
  while (lugar + 4 <= vista.byteLength) {
    const marca = vista.getUint16(lugar);
    const largo = vista.getUint16(lugar + 2) + 2;
    if (marca === FIN_DE_CABEZA || (marca & 0xff00) !== 0xff00 || lugar + largo > vista.byteLength) return null;
    if (marca === APP1 && vista.getUint32(lugar + 4) === 0x45786966) {
      const segmento = vista.buffer.slice(lugar, lugar + largo);
      return enderezar(new DataView(segmento)) ? segmento : null;
    }
    lugar += largo;
  }
  return null;
}

function enderezar(vista) {
  const tiff = 10;
  if (vista.byteLength < tiff + 8) return false;
  const chico = vista.getUint16(tiff) === 0x4949;
  const tabla = tiff + vista.getUint32(tiff + 4, chico);
  if (tabla + 2 > vista.byteLength) return false;
  const filas = vista.getUint16(tabla, chico);
  for (let n = 0; n < filas; n += 1) {
    const fila = tabla + 2 + n * 12;
    if (fila + 12 > vista.byteLength) return false;
    if (vista.getUint16(fila, chico) === ORIENTACION) vista.setUint16(fila + 8, 1, chico);
  }
  return true;
}

// The JPEG with that segment right after its beginning.
export function conExif(jpeg, segmento) {
  return new Blob([jpeg.slice(0, 2), segmento, jpeg.slice(2)], { type: "image/jpeg" });
}

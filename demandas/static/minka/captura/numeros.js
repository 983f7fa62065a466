// Numbers as people here write them: 1.234,56.
const escribir = new Intl.NumberFormat("es-BO", { maximumFractionDigits: 2 });
export const cifra = (n, decimales = 0) => (decimales ? n.toLocaleString("es-BO", { maximumFractionDigits: decimales }) : escribir.format(n));

export function entero(texto) {
  const limpio = String(texto ?? "").replace(/\s/g, "");
  if (!/^\d{1,9}$/.test(limpio) && !/^\d{1,3}(\.\d{3}){1,2}$/.test(limpio)) return null;
  return Number(limpio.replaceAll(".", ""));
}

// Bs with up to two decimals, as text with a point; null where it is no amount.
export function monto(texto) {
  let limpio = String(texto ?? "").replace(/\s|Bs\.?/gi, "");
  if (limpio.includes(",")) limpio = limpio.replaceAll(".", "").replace(",", ".");
  else if (/^\d{1,3}(\.\d{3})+$/.test(limpio)) limpio = limpio.replaceAll(".", "");
  return /^\d{1,12}(\.\d{1,2})?$/.test(limpio) ? limpio : null;
}

// Without accents, capitals or the apostrophes of Quechua and Aymara, as names are looked for.
export const llano = (texto) => texto.normalize("NFD").replace(/[\p{M}'’ʼ`´]/gu, "").toLowerCase().trim();

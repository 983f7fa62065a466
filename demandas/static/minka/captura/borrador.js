// A draft: what it holds while it is written, and what of it is sent. Its fields are named as those of the form.
import { monto, entero } from "./numeros.js";

export const GRUPOS = ["comunidad", "mujeres", "hombres", "jovenes", "adultos", "adultos_mayores"];
export const SEXOS = ["mujeres", "hombres"];
export const EDADES = ["jovenes", "adultos", "adultos_mayores"];
export const TOTALES = { mujeres: "beneficiarias_mujeres", hombres: "beneficiarios_hombres" };
// Those that may still be written; of the others something is being sent, or was.
export const abierto = (b) => ["borrador", "en_espera", "rechazada"].includes(b.estado) && !b.demanda;

// Not only over https has a page `randomUUID`.
export function numeroDeEnvio() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const b = crypto.getRandomValues(new Uint8Array(16));
  b[6] = (b[6] & 0x0f) | 0x40;
  b[8] = (b[8] & 0x3f) | 0x80;
  const hex = [...b].map((n) => n.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

export function nuevo({ quien, municipio, datos = {} }) {
  const ahora = new Date();
  const dia = new Intl.DateTimeFormat("en-CA", { timeZone: "America/La_Paz" }).format(ahora);
  return {
    envio: numeroDeEnvio(), de: quien.id, cuenta: quien.cuenta, municipio: municipio.codigo, estado: "borrador", paso: 0,
    creado: ahora.toISOString(), cambiado: ahora.toISOString(), dia, datos, lugar: null, precision: null, intentos: 0,
    proximo: 0, demanda: null,
  };
}

// Whether anything was said in it that would be missed.
export const dice = ({ datos, lugar }) => Boolean(lugar || Object.entries(datos).some(([campo, v]) => campo !== "grupo" && (Array.isArray(v) ? v.length : v)));

// What the API takes. Numbers that are none go as they were written, and come back with their reason.
export function cuerpo({ municipio, dia, datos, lugar }) {
  const numero = (campo) => (datos[campo] ? entero(datos[campo]) ?? datos[campo] : null);
  const dinero = (campo) => (datos[campo] ? monto(datos[campo]) ?? datos[campo] : null);
  const dicho = {
    municipio, fecha: dia, titulo: datos.titulo ?? "", descripcion: datos.descripcion ?? "",
    proponente: Number(datos.proponente) || null, sector: datos.sector || null, grupo: datos.grupo || "comunidad",
    evento: Number(datos.evento) || null, madurez: datos.madurez ?? "", pedida_desde: numero("pedida_desde"),
    contraparte: dinero("contraparte"), costo_estimado: dinero("costo_estimado"), lugar,
    hallazgos: (datos.hallazgos ?? []).map(Number),
    rangos: Object.fromEntries(GRUPOS.filter((g) => datos[`rango_${g}`]).map((g) => [g, numero(`rango_${g}`)])),
    beneficiarios: {},
  };
  for (const sexo of SEXOS) {
    const edades = EDADES.filter((edad) => datos[`personas_${sexo}_${edad}`]);
    if (edades.length) dicho.beneficiarios[sexo] = Object.fromEntries(edades.map((e) => [e, numero(`personas_${sexo}_${e}`)]));
    else dicho[TOTALES[sexo]] = numero(TOTALES[sexo]);
  }
  return dicho;
}

// Persons by sex, as far as they are numbers; null where nobody said any.
export function personas(datos) {
  const de = (sexo) => {
    const edades = EDADES.map((edad) => entero(datos[`personas_${sexo}_${edad}`])).filter((n) => n !== null);
    return edades.length ? edades.reduce((a, b) => a + b, 0) : entero(datos[TOTALES[sexo]]);
  };
  const [mujeres, hombres] = SEXOS.map(de);
  return mujeres === null && hombres === null ? null : { mujeres: mujeres ?? 0, hombres: hombres ?? 0 };
}

// Which field of the form the API speaks of: `rangos.mujeres` is `rango_mujeres`.
export function porCampo(detalle) {
  const planos = {};
  const texto = (v) => (Array.isArray(v) ? v.map(texto).join(" ") : typeof v === "object" && v ? Object.values(v).map(texto).join(" ") : String(v));
  for (const [campo, dicho] of Object.entries(detalle ?? {})) {
    const dentro = dicho && typeof dicho === "object" && !Array.isArray(dicho) ? dicho : null;
    if (campo === "rangos" && dentro) for (const [grupo, v] of Object.entries(dentro)) planos[`rango_${grupo}`] = texto(v);
    else if (campo === "beneficiarios" && dentro) {
      for (const [sexo, v] of Object.entries(dentro)) {
        if (v && typeof v === "object" && !Array.isArray(v)) for (const [edad, e] of Object.entries(v)) planos[`personas_${sexo}_${edad}`] = texto(e);
        else planos[campo] = texto(v);
      }
    } else planos[campo] = texto(dicho);
  }
  return planos;
}

// Units, meetings, findings and outlines of a municipality: what is kept serves at once, and is brought anew with network.
import { leer, poner } from "./almacen.js";
import { llano } from "./numeros.js";

const CATALOGO = "/demandas/nueva/catalogo.json";
const CONTORNOS = "/demandas/nueva/contornos.json";
const DE_UNA_VEZ = 25;
let actual = null;

export const catalogo = () => actual;

export async function cargar(municipio, alLlegar) {
  try {
    tomar((await leer("catalogos", municipio)) ?? null);
  } catch {
    // Without a place to keep it, it is brought each time.
  }
  if (actual) alLlegar();
  if (!navigator.onLine) return;
  const consulta = `?municipio=${encodeURIComponent(municipio)}`;
  try {
    const traido = await traer(CATALOGO + consulta);
    if (!traido?.unidades) return;
    tomar({ ...traido, codigo: municipio, contornos: actual?.contornos ?? [] });
    alLlegar();
    await guardar();
    const { contornos } = await traer(CONTORNOS + consulta);
    actual.contornos = contornos;
    await guardar();
  } catch {
    // No network: what was kept stays, with its date.
  }
}

async function traer(url) {
  const respuesta = await fetch(url, { credentials: "same-origin", redirect: "error", signal: AbortSignal.timeout(60_000) });
  if (!respuesta.ok) throw new Error(String(respuesta.status));
  return respuesta.json();
}

const guardar = () => poner("catalogos", { ...actual, unidades: actual.unidades.map(({ llano: _sobra, ...resto }) => resto) }).catch(() => {});

function tomar(guardado) {
  if (!guardado) return;
  const unidades = guardado.unidades.map((u) => {
    if (!Array.isArray(u)) return { ...u, llano: llano(`${u.nombre} ${u.padre}`) };
    const [id, nombre, nivel, padre, lon, lat, habitantes] = u;
    return { id, nombre, nivel, padre, lon, lat, habitantes, llano: llano(`${nombre} ${padre}`) };
  });
  actual = { ...guardado, unidades };
}

export const unidad = (id) => actual?.unidades.find((u) => u.id === Number(id)) ?? null;
export const evento = (id) => actual?.eventos.find((e) => e[0] === Number(id)) ?? null;
export const hallazgosDe = (id) => (actual?.hallazgos ?? []).filter((h) => h[1] === Number(id));

// The names that hold every word, those that begin so first; near a place, the nearest first.
export function buscar(texto, cerca = null) {
  const palabras = llano(texto).split(/\s+/).filter(Boolean);
  const todas = (actual?.unidades ?? []).filter((u) => palabras.every((p) => u.llano.includes(p)));
  const empieza = (u) => (palabras.length && u.llano.startsWith(palabras[0]) ? 0 : 1);
  const lejos = (u) => (cerca && u.lon !== null ? metros(cerca, [u.lon, u.lat]) : Infinity);
  const orden = todas.map((u) => ({ ...u, metros: lejos(u) }));
  orden.sort((a, b) => (palabras.length ? empieza(a) - empieza(b) : 0) || (a.metros === b.metros ? 0 : a.metros - b.metros));
  return { unidades: orden.slice(0, DE_UNA_VEZ), mas: Math.max(0, orden.length - DE_UNA_VEZ) };
}

// Metres between two places (lon, lat), on a sphere: enough to tell what is near.
export function metros([lon1, lat1], [lon2, lat2]) {
  const rad = Math.PI / 180;
  const a = Math.sin(((lat2 - lat1) * rad) / 2) ** 2 + Math.cos(lat1 * rad) * Math.cos(lat2 * rad) * Math.sin(((lon2 - lon1) * rad) / 2) ** 2;
  return 12_742_000 * Math.asin(Math.min(1, Math.sqrt(a)));
}

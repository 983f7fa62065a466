// Where: the unit by its name, and the place by the phone's position or on the map.
import { buscar, catalogo, metros, unidad } from "./catalogo.js";
import { cifra } from "./numeros.js";
import { boton, cada, datos, hacer, t, uno } from "./textos.js";

const MINIMO = { punto: 1, linea: 2, area: 3 };
const POCO_EXACTA = 100; // m
const TIPO_DE = { Point: "punto", LineString: "linea", Polygon: "area" };
let borrador = () => null;
let guardar = () => {};
let aqui = null;

export function preparar({ actual, cambio }) {
  borrador = actual;
  guardar = cambio;
  const campo = uno("#buscar-unidad");
  campo.addEventListener("input", hallar);
  campo.addEventListener("focus", hallar);
  uno("[data-otra-unidad]").addEventListener("click", () => { elegir(""); campo.focus(); });
  uno("[data-aqui]").addEventListener("click", estoyAqui);
  for (const cual of cada("[data-marcar]")) cual.addEventListener("click", () => marcar(cual.dataset.marcar));
  uno("[data-quitar-lugar]").addEventListener("click", quitar);
  uno("[data-deshacer]").addEventListener("click", async () => (await import("./mapa.js")).deshacer());
}

// --- the unit ---------------------------------------------------------------------------------------------------------
function hallar() {
  const lista = uno("[data-unidades]");
  if (!catalogo()) {
    lista.replaceChildren(hacer("li", { className: "suave", textContent: t("sin_catalogo") }));
    return;
  }
  const { unidades, mas } = buscar(uno("#buscar-unidad").value, cerca());
  lista.replaceChildren(
    ...unidades.map((u) => hacer("li", {}, fila(u))),
    ...(mas ? [hacer("li", { className: "suave chica", textContent: t("mas_unidades", { n: mas }) })] : []),
    ...(unidades.length ? [] : [hacer("li", { className: "suave", textContent: t("ninguna_unidad") })]),
  );
}

function fila(u) {
  const una = boton("", () => elegir(u.id), "captura-unidad");
  const notas = [u.nivel, u.padre, Number.isFinite(u.metros) ? t("a_km", { km: cifra(u.metros / 1000, 1) }) : ""].filter(Boolean);
  una.append(hacer("strong", { textContent: u.nombre }), hacer("span", { className: "suave chica", textContent: notas.join(" · ") }));
  return una;
}

const cerca = () => borrador()?.lugar?.type === "Point" ? borrador().lugar.coordinates : aqui;

function elegir(id) {
  guardar((b) => ({ ...b, datos: { ...b.datos, proponente: id ? String(id) : "", hallazgos: [] } }));
  uno("#buscar-unidad").value = "";
  pintar();
}

// --- the place --------------------------------------------------------------------------------------------------------
function decir(texto) {
  const donde = uno("[data-lugar-aviso]");
  donde.textContent = texto;
  if (texto) donde.scrollIntoView({ block: "nearest" });
}

function estoyAqui() {
  if (!navigator.geolocation) return decir(t("sin_posicion"));
  decir(t("buscando"));
  return navigator.geolocation.getCurrentPosition(async ({ coords }) => {
    const [oeste, sur, este, norte] = datos.mapa.caja;
    const vertice = [Number(coords.longitude.toFixed(7)), Number(coords.latitude.toFixed(7))];
    aqui = vertice;
    if (vertice[0] < oeste || vertice[0] > este || vertice[1] < sur || vertice[1] > norte) return decir(t("fuera"));
    const precision = Math.round(coords.accuracy);
    poner({ tipo: "punto", vertices: [vertice] }, precision);
    decir(t(precision > POCO_EXACTA ? "poco_exacta" : "exactitud", { m: cifra(precision) }));
    if (!uno("[data-mapa-marco]").hidden) (await import("./mapa.js")).poner(borrador().trazo);
    if (!borrador().datos.proponente) hallar();
    return undefined;
  }, () => decir(t("sin_posicion")), { timeout: 20_000, enableHighAccuracy: true, maximumAge: 10_000 });
}

async function marcar(tipo) {
  const antes = borrador().trazo;
  const trazo = antes?.tipo === tipo ? antes : { tipo, vertices: [] };
  if (antes?.tipo !== tipo) poner(trazo, null);
  decir(t(`pulse_${tipo}`));
  const marco = uno("[data-mapa-marco]");
  marco.hidden = false;
  marco.scrollIntoView({ block: "nearest" });
  uno("[data-deshacer]").hidden = tipo === "punto";
  try {
    const { abrir } = await import("./mapa.js");
    const suya = unidad(borrador().datos.proponente);
    const centro = suya?.lon != null ? [suya.lon, suya.lat] : aqui;
    await abrir(uno("[data-mapa]"), { contornos: catalogo()?.contornos ?? [], centro, inicial: trazo, cambio: (t_) => poner(t_, null) });
  } catch {
    marco.hidden = true;
    decir(t("sin_mapa"));
  }
}

function poner(trazo, precision) {
  guardar((b) => ({ ...b, trazo, precision, lugar: geojson(trazo) }));
  resumir();
}

function quitar() {
  guardar((b) => ({ ...b, trazo: null, precision: null, lugar: null }));
  decir("");
  uno("[data-mapa-marco]").hidden = true;
  resumir();
}

function geojson(trazo) {
  if (!trazo || trazo.vertices.length < MINIMO[trazo.tipo]) return null;
  const v = trazo.vertices;
  if (trazo.tipo === "punto") return { type: "Point", coordinates: v[0] };
  if (trazo.tipo === "linea") return { type: "LineString", coordinates: v };
  return { type: "Polygon", coordinates: [[...v, v[0]]] };
}

// What keeps one from going on: a line begun and not finished, an area that crosses itself.
export function falta(b) {
  if (!b.trazo || (b.trazo.tipo !== "punto" && b.trazo.vertices.length === 0)) return "";
  if (b.trazo.vertices.length && b.trazo.vertices.length < MINIMO[b.trazo.tipo]) return t("faltan_vertices");
  return b.trazo.tipo === "area" && seCruza(b.trazo.vertices) ? t("se_cruza") : "";
}

function seCruza(v) {
  const lado = ([ax, ay], [bx, by], [cx, cy]) => Math.sign((bx - ax) * (cy - ay) - (by - ay) * (cx - ax));
  const cortan = (a, b, c, d) => lado(a, b, c) * lado(a, b, d) < 0 && lado(c, d, a) * lado(c, d, b) < 0;
  return v.some((a, i) => v.some((c, j) => j > i && cortan(a, v[(i + 1) % v.length], c, v[(j + 1) % v.length])));
}

// --- in words ---------------------------------------------------------------------------------------------------------
export function enPalabras(b) {
  const { lugar } = b;
  if (!lugar) {
    const suya = unidad(b.datos.proponente);
    return suya ? t("lugar_unidad", { unidad: suya.nombre }) : b.datos.proponente ? "" : t("lugar_nada");
  }
  const tipo = TIPO_DE[lugar.type];
  if (tipo === "punto") return t("lugar_punto", { lat: lugar.coordinates[1].toFixed(5), lon: lugar.coordinates[0].toFixed(5) });
  const v = tipo === "linea" ? lugar.coordinates : lugar.coordinates[0].slice(0, -1);
  if (tipo === "linea") {
    const largo = v.slice(1).reduce((suma, uno_, i) => suma + metros(v[i], uno_), 0);
    return t("lugar_linea", { n: v.length, km: cifra(largo / 1000, 2) });
  }
  return t("lugar_area", { n: v.length, ha: cifra(hectareas(v), 2) });
}

function hectareas(v) {
  const escala = Math.cos((v[0][1] * Math.PI) / 180) * 111_320 ** 2;
  const doble = v.reduce((suma, [x, y], i) => { const [u, w] = v[(i + 1) % v.length]; return suma + (x * w - u * y); }, 0);
  return (Math.abs(doble) / 2) * escala / 10_000;
}

export function nombreDeUnidad(id) {
  return unidad(id)?.nombre ?? uno(`select[name=proponente] option[value="${CSS.escape(String(id ?? ""))}"]`)?.textContent ?? "";
}

function resumir() {
  const b = borrador();
  uno("[data-lugar-resumen]").textContent = enPalabras(b);
  uno("[data-quitar-lugar]").hidden = !b.trazo;
  const error = uno('[data-error="lugar"]');
  error.hidden = true;
}

export function pintar() {
  const b = borrador();
  const elegida = b.datos.proponente;
  uno("[data-elegida]").hidden = !elegida;
  uno("[data-buscador]").hidden = Boolean(elegida);
  const suya = unidad(elegida);
  uno("[data-elegida-nombre]").textContent = elegida ? [nombreDeUnidad(elegida), suya ? `(${[suya.nivel, suya.padre].filter(Boolean).join(", ")})` : ""].filter(Boolean).join(" ") : "";
  uno("[data-unidades]").replaceChildren();
  if (!elegida && catalogo() && (uno("#buscar-unidad").value || aqui)) hallar();
  resumir();
}

// Another draft begins with its map closed.
export function cerrar() {
  uno("[data-mapa-marco]").hidden = true;
  decir("");
}

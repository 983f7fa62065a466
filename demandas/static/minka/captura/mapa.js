// The map where a place is tapped: a point, or the vertices of a line or an area, each of which can be moved or taken away.
import { cifra } from "./numeros.js";
import { datos, hacer, t } from "./textos.js";

const GRADOS = 7;
const PROPIO = { color: "#085459", weight: 4, fillColor: "#0b6e74", fillOpacity: 0.25, interactive: false };
const FONDOS = { municipio: { color: "#4a5561", weight: 2.5 }, distrito: { color: "#4a5561", weight: 1.5 } };
let mapa = null;
let capas = null;
let trazo = null;
let alCambiar = () => {};

// Brought only by who opens the map; kept by the service worker.
let traida = null;
function traer() {
  traida ??= new Promise((listo, falla) => {
    document.head.append(hacer("link", { rel: "stylesheet", href: datos.mapa.estilo }));
    const guion = hacer("script", { src: datos.mapa.guion });
    guion.onload = listo;
    guion.onerror = () => { traida = null; guion.remove(); falla(new Error("mapa")); };
    document.head.append(guion);
  });
  return traida;
}

export async function abrir(marco, { contornos, centro, inicial, cambio }) {
  await traer();
  const { L } = window;
  alCambiar = cambio;
  if (!mapa) {
    mapa = L.map(marco, { minZoom: 5, maxZoom: 19, zoomSnap: 0.5 });
    mapa.attributionControl.setPrefix(false);
    L.control.scale({ imperial: false }).addTo(mapa);
    if (datos.mapa.base) L.tileLayer(datos.mapa.base, { attribution: datos.mapa.credito, maxZoom: 19 }).addTo(mapa);
    capas = { fondo: L.featureGroup().addTo(mapa), propio: L.featureGroup().addTo(mapa) };
    mapa.on("click", ({ latlng }) => tocar(latlng));
  }
  if (!capas.fondo.getLayers().length) {
    for (const { nombre, nivel, geom } of contornos) {
      const estilo = FONDOS[nivel] ?? { color: "#7b8794", weight: 1 };
      L.geoJSON(geom, { interactive: false, style: { ...estilo, fill: false }, pmIgnore: true }).addTo(capas.fondo);
      if (nivel !== "municipio") rotular(L, geom, nombre);
    }
  }
  trazo = inicial;
  mapa.invalidateSize();
  encuadrar(L, centro);
  dibujar();
}

// Names only where there is room for them.
function rotular(L, geom, nombre) {
  const caja = L.geoJSON(geom).getBounds();
  const rotulo = L.marker(caja.getCenter(), { interactive: false, keyboard: false, icon: L.divIcon({ className: "captura-rotulo", html: hacer("span", { textContent: nombre }), iconSize: [0, 0] }) });
  const ver = () => {
    const lado = mapa.latLngToLayerPoint(caja.getNorthEast()).x - mapa.latLngToLayerPoint(caja.getSouthWest()).x;
    if (lado > 70 && lado < 900) rotulo.addTo(mapa);
    else rotulo.remove();
  };
  mapa.on("zoomend", ver);
  mapa.whenReady(ver);
}

function encuadrar(L, centro) {
  if (trazo.vertices.length) {
    const puestos = L.latLngBounds(trazo.vertices.map(([lon, lat]) => [lat, lon]));
    mapa.fitBounds(puestos, { maxZoom: 16, padding: [40, 40] });
  } else if (centro) mapa.setView([centro[1], centro[0]], 14);
  else if (capas.fondo.getLayers().length) mapa.fitBounds(capas.fondo.getBounds(), { padding: [8, 8] });
  else mapa.fitBounds([[datos.mapa.caja[1], datos.mapa.caja[0]], [datos.mapa.caja[3], datos.mapa.caja[2]]]);
}

const redondo = ({ lng, lat }) => [Number(lng.toFixed(GRADOS)), Number(lat.toFixed(GRADOS))];

function tocar(latlng) {
  const vertice = redondo(latlng);
  trazo = { ...trazo, vertices: trazo.tipo === "punto" ? [vertice] : [...trazo.vertices, vertice] };
  cambiado();
}

function cambiado() {
  dibujar();
  alCambiar(trazo);
}

export function deshacer() {
  if (!trazo?.vertices.length) return;
  trazo = { ...trazo, vertices: trazo.vertices.slice(0, -1) };
  cambiado();
}

export function poner(nuevo) {
  trazo = nuevo;
  if (!mapa) return;
  encuadrar(window.L, null);
  dibujar();
}

function dibujar() {
  const { L } = window;
  capas.propio.clearLayers();
  const latlngs = trazo.vertices.map(([lon, lat]) => [lat, lon]);
  if (trazo.tipo === "linea" && latlngs.length > 1) L.polyline(latlngs, { ...PROPIO, fill: false }).addTo(capas.propio);
  if (trazo.tipo === "area" && latlngs.length > 1) L.polygon(latlngs, PROPIO).addTo(capas.propio);
  latlngs.forEach((latlng, n) => {
    const clase = trazo.tipo === "punto" ? "captura-punto" : "captura-vertice";
    const marca = L.marker(latlng, {
      draggable: true,
      title: trazo.tipo === "punto" ? "" : t("vertice", { n: n + 1 }),
      icon: L.divIcon({ className: clase, iconSize: [44, 44] }),
    }).addTo(capas.propio);
    marca.on("dragend", () => { mover(n, marca.getLatLng()); });
    marca.on("click", () => { if (trazo.tipo !== "punto") borrar(n); });
  });
}

function mover(n, latlng) {
  trazo = { ...trazo, vertices: trazo.vertices.map((v, i) => (i === n ? redondo(latlng) : v)) };
  cambiado();
}

function borrar(n) {
  trazo = { ...trazo, vertices: trazo.vertices.filter((_v, i) => i !== n) };
  cambiado();
}

export const kilometros = (metros) => cifra(metros / 1000, 2);

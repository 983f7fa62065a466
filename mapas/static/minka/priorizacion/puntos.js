// Demands on a Leaflet map, all on one canvas: thousands are drawn anew in a few milliseconds. Needs Leaflet as `L`.
export const FIGURAS = {
  entra: { forma: "circulo", color: "#0b6e74", lleno: true },
  fuera: { forma: "rombo", color: "#b54708", lleno: false },
  ambas: { forma: "circulo", color: "#0b6e74", lleno: true },
  solo_a: { forma: "cuadrado", color: "#5e4fa2", lleno: true },
  solo_b: { forma: "triangulo", color: "#d95f02", lleno: true },
  ninguna: { forma: "rombo", color: "#7b8794", lleno: false },
};

export const Puntos = window.L && L.Layer.extend({
  // puntos: [{lugar: [lon, lat] | null}]; clase(place) names a figure; alElegir(places under the finger)
  initialize({ puntos, clase, alElegir }) {
    Object.assign(this, { puntos, clase, alElegir, elegido: -1 });
  },
  onAdd(mapa) {
    this._mapa = mapa;
    this._lienzo = L.DomUtil.create("canvas", "puntos");
    this._lienzo.setAttribute("aria-hidden", "true");
    mapa.getPanes().markerPane.append(this._lienzo);
    mapa.on("moveend zoomend resize viewreset", this._situar, this);
    mapa.on("zoomstart", () => { this._lienzo.hidden = true; });
    mapa.on("click", this._pulsar, this);
    this._situar();
  },
  _situar() {
    const { x, y } = this._mapa.getSize();
    const densidad = window.devicePixelRatio || 1;
    this._lienzo.hidden = false;
    this._lienzo.width = x * densidad;
    this._lienzo.height = y * densidad;
    this._lienzo.style.width = `${x}px`;
    this._lienzo.style.height = `${y}px`;
    L.DomUtil.setPosition(this._lienzo, this._mapa.containerPointToLayerPoint([0, 0]));
    this._pixeles = this.puntos.map(({ lugar }) => (lugar ? this._mapa.latLngToContainerPoint([lugar[1], lugar[0]]) : null));
    this.dibujar();
  },
  dibujar() {
    const lienzo = this._lienzo.getContext("2d");
    const densidad = window.devicePixelRatio || 1;
    lienzo.setTransform(densidad, 0, 0, densidad, 0, 0);
    lienzo.clearRect(0, 0, this._lienzo.width, this._lienzo.height);
    const { x: ancho, y: alto } = this._mapa.getSize();
    const radio = this.puntos.length > 800 ? 4 : 5.5;
    // Each figure is drawn once and stamped; what is out lies under what is in.
    const medio = radio + 3;
    const arriba = [];
    for (let i = 0; i < this._pixeles.length; i += 1) {
      const p = this._pixeles[i];
      if (!p || i === this.elegido || p.x < -9 || p.y < -9 || p.x > ancho + 9 || p.y > alto + 9) continue;
      const clase = this.clase(i);
      if (FIGURAS[clase].lleno) arriba.push(p, clase);
      else lienzo.drawImage(sello(clase, radio, densidad), p.x - medio, p.y - medio, 2 * medio, 2 * medio);
    }
    for (let k = 0; k < arriba.length; k += 2) lienzo.drawImage(sello(arriba[k + 1], radio, densidad), arriba[k].x - medio, arriba[k].y - medio, 2 * medio, 2 * medio);
    const p = this._pixeles[this.elegido];
    if (p) {
      trazar(lienzo, FIGURAS[this.clase(this.elegido)], p, radio + 4);
      lienzo.beginPath();
      lienzo.arc(p.x, p.y, radio + 9, 0, 2 * Math.PI);
      lienzo.lineWidth = 2.5;
      lienzo.strokeStyle = "#1f2933";
      lienzo.stroke();
    }
  },
  _pulsar({ containerPoint }) {
    const cerca = [];
    this._pixeles.forEach((p, i) => { if (p && Math.hypot(p.x - containerPoint.x, p.y - containerPoint.y) < 14) cerca.push([Math.hypot(p.x - containerPoint.x, p.y - containerPoint.y), i]); });
    if (cerca.length) this.alElegir(cerca.sort((a, b) => a[0] - b[0]).map(([, i]) => i));
  },
  elegir(i) {
    this.elegido = i;
    const lugar = this.puntos[i]?.lugar;
    if (lugar && !this._mapa.getBounds().contains([lugar[1], lugar[0]])) this._mapa.panTo([lugar[1], lugar[0]], { animate: false });
    this.dibujar();
  },
});

const sellos = new Map();
function sello(clase, radio, densidad) {
  const clave = `${clase}.${radio}.${densidad}`;
  if (!sellos.has(clave)) {
    const hecho = document.createElement("canvas");
    hecho.width = hecho.height = Math.ceil((2 * radio + 6) * densidad);
    const lienzo = hecho.getContext("2d");
    lienzo.scale(densidad, densidad);
    trazar(lienzo, FIGURAS[clase], { x: radio + 3, y: radio + 3 }, radio);
    sellos.set(clave, hecho);
  }
  return sellos.get(clave);
}

function trazar(lienzo, { forma, color, lleno }, { x, y }, r) {
  lienzo.beginPath();
  if (forma === "circulo") lienzo.arc(x, y, r, 0, 2 * Math.PI);
  else if (forma === "cuadrado") lienzo.rect(x - r * 0.9, y - r * 0.9, r * 1.8, r * 1.8);
  else if (forma === "triangulo") { lienzo.moveTo(x, y - r * 1.15); lienzo.lineTo(x + r * 1.1, y + r * 0.9); lienzo.lineTo(x - r * 1.1, y + r * 0.9); lienzo.closePath(); }
  else { lienzo.moveTo(x, y - r); lienzo.lineTo(x + r, y); lienzo.lineTo(x, y + r); lienzo.lineTo(x - r, y); lienzo.closePath(); }
  lienzo.fillStyle = lleno ? color : "#fff";
  lienzo.fill();
  lienzo.lineWidth = lleno ? 1.2 : 1.6;
  lienzo.strokeStyle = lleno ? "#fff" : color;
  lienzo.stroke();
}

// The map itself, with the outlines of the districts and buttons that a finger can press.
export function hacerMapa(elemento, { caja, geometria, base, credito, distritos, textos, tapado = () => 0 }) {
  const mapa = L.map(elemento, { zoomControl: false, zoomSnap: 0.25, minZoom: 5, maxZoom: 19, attributionControl: Boolean(base), zoomAnimation: false, fadeAnimation: false });
  mapa.attributionControl?.setPrefix(false);
  if (base) L.tileLayer(base, { attribution: credito, maxZoom: 19 }).addTo(mapa);
  const limites = caja ? [[caja[1], caja[0]], [caja[3], caja[2]]] : [[-22.9, -69.6], [-9.7, -57.5]];
  const verTodo = () => mapa.fitBounds(limites, { paddingTopLeft: [16, 28], paddingBottomRight: [16, 16 + Math.min(tapado(), mapa.getSize().y * 0.6)], animate: false });
  verTodo();
  L.control.scale({ imperial: false, position: "topleft" }).addTo(mapa);
  mapa.addControl(new (L.Control.extend({
    options: { position: "bottomright" },
    onAdd() {
      const barra = L.DomUtil.create("div", "leaflet-bar");
      for (const [signo, nombre, accion] of [["+", textos.acercar, () => mapa.zoomIn()], ["−", textos.alejar, () => mapa.zoomOut()], ["⤢", textos.todo, verTodo]]) {
        const boton = L.DomUtil.create("a", "", barra);
        Object.assign(boton, { href: "#", textContent: signo, title: nombre });
        boton.setAttribute("role", "button");
        boton.setAttribute("aria-label", nombre);
        boton.addEventListener("click", (evento) => { evento.preventDefault(); accion(); });
      }
      L.DomEvent.disableClickPropagation(barra);
      return barra;
    },
  }))());
  if (geometria) dibujarDistritos(mapa, geometria, new Map(distritos));
  new ResizeObserver(() => mapa.invalidateSize({ animate: false })).observe(elemento);
  return { mapa, verTodo };
}

async function dibujarDistritos(mapa, geometria, nombres) {
  const respuesta = await fetch(geometria);
  if (!respuesta.ok) return;
  const dibujo = await respuesta.json();
  const estilo = { color: "#4a5561", weight: 1, fillColor: "#fff", fillOpacity: 0.75, interactive: false };
  L.geoJSON(dibujo, { style: estilo, interactive: false, pointToLayer: (_rasgo, lugar) => L.circleMarker(lugar, { radius: 2, interactive: false }) }).addTo(mapa);
  const capa = mapa.createPane("rotulo");
  capa.style.zIndex = 440;
  capa.style.pointerEvents = "none";
  const rotulos = L.layerGroup().addTo(mapa);
  const sitios = dibujo.features.filter((rasgo) => rasgo.properties.rotulo && nombres.get(rasgo.id))
    .map((rasgo) => ({ nombre: nombres.get(rasgo.id), caja: L.geoJSON(rasgo).getBounds(), lugar: [rasgo.properties.rotulo[1], rasgo.properties.rotulo[0]] }));
  // A name is written where it fits in its own district, and over no other.
  const rotular = () => {
    rotulos.clearLayers();
    const puestos = [];
    for (const { nombre, caja, lugar } of sitios) {
      const ancho = nombre.length * 6.3 + 8;
      const so = mapa.latLngToContainerPoint(caja.getSouthWest());
      const ne = mapa.latLngToContainerPoint(caja.getNorthEast());
      const p = mapa.latLngToContainerPoint(lugar);
      const suyo = [p.x - ancho / 2, p.y - 9, p.x + ancho / 2, p.y + 9];
      if (ne.x - so.x < ancho * 0.75 || puestos.some((o) => suyo[0] < o[2] && o[0] < suyo[2] && suyo[1] < o[3] && o[1] < suyo[3])) continue;
      puestos.push(suyo);
      const texto = document.createElement("span");
      texto.textContent = nombre;
      texto.setAttribute("aria-hidden", "true");
      L.marker(lugar, { interactive: false, keyboard: false, pane: "rotulo", icon: L.divIcon({ className: "rotulo", html: texto, iconSize: [ancho, 18] }) }).addTo(rotulos);
    }
  };
  rotular();
  mapa.on("moveend", rotular);
  mapa.getContainer().dataset.unidades = dibujo.features.length;
}

// Limits of a unit through time, or the ground that two units claim, on one small map tied to the list beside it.
(() => {
  "use strict";
  const datos = JSON.parse(document.getElementById("datos-historia").textContent);
  const marco = document.getElementById("mapa-historia") || document.getElementById("mapa-disputas");
  if (!marco || !window.L) return;
  const dice = document.getElementById("mapa-dice");
  // From the newest to the oldest: told apart by line as well as by colour.
  const TRAZOS = [
    { color: "#085459", weight: 3, fillOpacity: 0.18 },
    { color: "#b54708", weight: 2.5, dashArray: "8 5", fillOpacity: 0.06 },
    { color: "#6a51a3", weight: 2.5, dashArray: "2 5", fillOpacity: 0.06 },
    { color: "#1f2933", weight: 2, dashArray: "12 4 2 4", fillOpacity: 0.04 },
  ];
  const animar = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  const mapa = L.map(marco, { zoomAnimation: animar, fadeAnimation: animar, preferCanvas: Boolean(datos.disputas), attributionControl: Boolean(datos.base) });
  mapa.setView([-16.5, -64.5], 5);
  if (datos.base) L.tileLayer(datos.base, { attribution: datos.credito }).addTo(mapa);
  L.control.scale({ imperial: false }).addTo(mapa);
  const pedir = (direccion) => fetch(direccion).then((r) => (r.ok ? r.json() : Promise.reject(r.status)));
  const encuadrar = (caja) => caja.isValid() && mapa.fitBounds(caja, { padding: [16, 16], animate: false });

  function limites({ features }) {
    const casillas = [...document.querySelectorAll("[data-ver-limite]")];
    const porId = new Map(features.map((rasgo) => [String(rasgo.id), rasgo]));
    const todo = L.latLngBounds([]);
    casillas.forEach((casilla, i) => {
      const rasgo = porId.get(casilla.dataset.verLimite);
      if (!rasgo) return;
      const trazo = TRAZOS[i % TRAZOS.length];
      const capa = L.geoJSON(rasgo, { interactive: false, style: trazo });
      const muestra = casilla.parentElement.querySelector(".tramo-color");
      Object.assign(muestra.style, { borderTopColor: trazo.color, borderTopStyle: trazo.dashArray ? "dashed" : "solid" });
      todo.extend(capa.getBounds());
      const ver = () => (casilla.checked ? capa.addTo(mapa) : capa.remove());
      casilla.checked = datos.elegidos.includes(Number(casilla.dataset.verLimite));
      casilla.addEventListener("change", ver);
      ver();
    });
    encuadrar(todo);
    marco.dataset.listo = "si";
  }

  function disputas(coleccion) {
    const capa = L.geoJSON(coleccion, {
      style: { color: "#b42318", weight: 2, fillOpacity: 0.5 },
      onEachFeature: (rasgo, una) => {
        const p = rasgo.properties;
        una.bindTooltip(`${p.unidad_nombre} / ${p.otra_nombre}: ${Math.round(p.m2).toLocaleString("es")} m²`);
        una.on("click", () => {
          const fila = document.getElementById(`disputa-${rasgo.id}`);
          if (fila) location.hash = fila.id;
        });
      },
    }).addTo(mapa);
    encuadrar(capa.getBounds());
    marco.dataset.listo = "si";
  }

  // Under the disputes, the units that claim them.
  if (datos.contornos) {
    pedir(datos.contornos).then((coleccion) => {
      L.geoJSON(coleccion, { interactive: false, filter: (rasgo) => rasgo.geometry.type !== "Point", style: { color: "#7b8794", weight: 1, fill: false } }).addTo(mapa).bringToBack();
    }).catch(() => {});
  }

  const [direccion, dibujar] = datos.disputas ? [datos.disputas, disputas] : [datos.limites, limites];
  pedir(direccion).then(dibujar).catch(() => { dice.textContent = datos.fallo; });
})();

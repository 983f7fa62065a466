// The point of a unit: pressed or dragged on the map, written, or taken from the phone; the field is what is sent.
(() => {
  "use strict";

  const datos = JSON.parse(document.getElementById("datos-punto").textContent);
  const campo = document.getElementById("id_coordenadas");
  const aviso = document.getElementById("aviso-punto");
  const [oeste, sur, este, norte] = datos.caja;
  const mapa = L.map("mapa-punto", { zoomSnap: 0.25, minZoom: 5, maxZoom: 19 });
  mapa.attributionControl.setPrefix(false);
  L.control.scale({ imperial: false }).addTo(mapa);
  if (datos.base) L.tileLayer(datos.base, { attribution: datos.credito, maxZoom: 19 }).addTo(mapa);

  const trazos = L.featureGroup().addTo(mapa);
  const dibujar = (geom, estilo) => geom && L.geoJSON(geom, { interactive: false, style: estilo }).addTo(trazos);
  dibujar(datos.contornos.padre, { color: "#4a5561", weight: 1.5, fillColor: "#fff", fillOpacity: 0.8 });
  dibujar(datos.contornos.propio, { color: "#085459", weight: 2, fillColor: "#0b6e74", fillOpacity: 0.2 });
  for (const [[lon, lat], nombre] of datos.vecinas) {
    L.circleMarker([lat, lon], { radius: 4, color: "#7b8794", weight: 1, fillColor: "#d9dee4", fillOpacity: 1 }).bindTooltip(nombre).addTo(trazos);
  }

  const leer = () => {
    const hallado = campo.value.trim().match(/^(-?\d{1,2}(?:\.\d+)?)\s*[,;\s]\s*(-?\d{1,3}(?:\.\d+)?)$/);
    if (!hallado) return null;
    const lugar = L.latLng(Number(hallado[1]), Number(hallado[2]));
    return lugar.lat >= sur && lugar.lat <= norte && lugar.lng >= oeste && lugar.lng <= este ? lugar : null;
  };
  let marca = null;
  function poner(lugar) {
    marca?.remove();
    marca = null;
    if (!lugar) return;
    marca = L.marker(lugar, { draggable: true, keyboard: false, icon: L.divIcon({ className: "marca-punto", iconSize: [26, 26] }) }).addTo(mapa);
    marca.on("dragend", () => escribir(marca.getLatLng()));
  }
  function escribir(lugar) {
    campo.value = `${lugar.lat.toFixed(6)}, ${lugar.lng.toFixed(6)}`;
    poner(lugar);
    aviso.textContent = datos.textos.arrastre;
  }
  mapa.on("click", ({ latlng }) => escribir(latlng));
  campo.addEventListener("input", () => { const lugar = leer(); poner(lugar); if (lugar) mapa.panTo(lugar); });

  if (trazos.getLayers().length) mapa.fitBounds(trazos.getBounds(), { padding: [16, 16] });
  else mapa.fitBounds([[sur, oeste], [norte, este]]);
  const inicial = leer();
  poner(inicial);
  if (inicial && !mapa.getBounds().contains(inicial)) mapa.setView(inicial, 13);

  const posicion = document.querySelector("[data-mi-posicion]");
  posicion.hidden = !navigator.geolocation;
  posicion.addEventListener("click", () => {
    aviso.textContent = datos.textos.buscando;
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      escribir(L.latLng(coords.latitude, coords.longitude));
      mapa.setView([coords.latitude, coords.longitude], Math.max(mapa.getZoom(), 15));
      aviso.textContent = datos.textos.exactitud.replace("%(m)s", Math.round(coords.accuracy));
    }, () => { aviso.textContent = datos.textos.sin_posicion; }, { timeout: 15000, enableHighAccuracy: true });
  });
  document.querySelector("[data-quitar-punto]").addEventListener("click", () => { campo.value = ""; poner(null); aviso.textContent = ""; });

  // What a new name means is asked only where the name is another.
  const clase = document.querySelector(".campo-nombre");
  if (clase) {
    const nombre = document.getElementById("id_nombre");
    const renombre = clase.querySelector(".renombre");
    const ver = () => {
      clase.classList.toggle("sin-cambio", nombre.value.trim() === clase.dataset.nombre);
      renombre.classList.toggle("cerrado", clase.querySelector("input[type=radio]:checked")?.value !== "renombre");
    };
    nombre.addEventListener("input", ver);
    clase.addEventListener("change", ver);
    ver();
  }
})();

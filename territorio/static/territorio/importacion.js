// The map of a report: what the file holds over what it would replace, and each doubt that has a place; tied to the rows.
(() => {
  "use strict";
  const marco = document.getElementById("difmapa");
  if (!marco || !window.L) return;
  const textos = JSON.parse(document.getElementById("difmapa-textos").textContent);
  const dice = document.getElementById("difmapa-dice");
  const capasCaja = document.querySelector(".capas");
  const COLOR = { nueva: "#1b7837", cambiada: "#e08214", igual: "#7b8794", con_error: "#b42318", omitida: "#9aa5b1" };
  // Drawn in this order: what is small or doubtful lies above.
  const CAPAS = {
    municipio: { color: "#52606d", weight: 1.5, fill: false, interactive: false, encendida: true },
    faltan: { color: "#6a51a3", dashArray: "2 4", fillOpacity: 0.1, encendida: false },
    filas: { encendida: true },
    antes: { color: "#1f2933", dashArray: "5 4", weight: 1.5, fill: false, encendida: true },
    huecos: { color: "#2166ac", fillOpacity: 0.5, encendida: true },
    superposiciones: { color: "#b2182b", fillOpacity: 0.5, encendida: true },
    fuera: { color: "#d6604d", fillOpacity: 0.4, encendida: true },
    reparadas: { color: "#762a83", fillOpacity: 0.6, encendida: true },
    candidatos: { color: "#0b6e74", fillOpacity: 0.15, weight: 2, encendida: true },
  };
  const animar = !matchMedia("(prefers-reduced-motion: reduce)").matches;
  const mapa = L.map(marco, { preferCanvas: true, zoomAnimation: animar, fadeAnimation: animar, attributionControl: Boolean(marco.dataset.base) });
  mapa.setView([-16.5, -64.5], 5);
  if (marco.dataset.base) L.tileLayer(marco.dataset.base, { attribution: marco.dataset.credito }).addTo(mapa);
  L.control.scale({ imperial: false }).addTo(mapa);

  const porNumero = new Map();
  const candidatos = [];
  let elegida = null;

  function estilo(nombre, rasgo) {
    const { encendida, ...propio } = CAPAS[nombre];
    if (nombre !== "filas") return { weight: 1, ...propio };
    const color = COLOR[rasgo.properties.estado] || COLOR.con_error;
    const calla = rasgo.properties.estado === "igual";
    return { color, weight: rasgo.properties.dudas ? 2 : 1, fillOpacity: calla ? 0.08 : 0.3, dashArray: rasgo.properties.dudas ? "1 3" : null };
  }

  function nombrar(nombre, { nombre: unidad, otra, m2, mensaje, padre, crs, en, codigo }) {
    const partes = [unidad, codigo, otra && `/ ${otra}`, padre && `⊄ ${padre}`, en, crs, mensaje];
    if (m2 !== undefined) partes.push(m2 < 10000 ? `${Math.round(m2).toLocaleString("es")} m²` : `${(m2 / 10000).toLocaleString("es", { maximumFractionDigits: 1 })} ha`);
    return `${textos[nombre]}: ${partes.filter(Boolean).join(" · ")}`;
  }

  function elegir(numero, desdeElMapa) {
    elegida?.capa.setStyle(estilo("filas", elegida.rasgo));
    for (const fila of document.querySelectorAll("tr.elegida")) fila.classList.remove("elegida");
    const fila = document.getElementById(`fila-${numero}`);
    fila?.classList.add("elegida");
    elegida = porNumero.get(numero) ?? null;
    if (elegida) {
      elegida.capa.setStyle?.({ color: "#0b6e74", weight: 4, fillOpacity: 0.25, dashArray: null });
      elegida.capa.bringToFront?.();
      dice.textContent = nombrar("filas", elegida.rasgo.properties);
    }
    if (!desdeElMapa) return;
    if (fila) {
      fila.scrollIntoView({ block: "center", behavior: animar ? "smooth" : "auto" });
      fila.querySelector(".al-mapa")?.focus({ preventScroll: true });
    } else {
      const enlace = document.createElement("a");
      const destino = new URL(marco.dataset.pagina, location.href);
      destino.searchParams.set("fila", numero);
      destino.hash = `fila-${numero}`;
      enlace.href = destino;
      enlace.textContent = textos.ver_fila;
      dice.append(" ", enlace);
    }
  }

  function capa(nombre, coleccion) {
    return L.geoJSON(coleccion, {
      style: (rasgo) => estilo(nombre, rasgo),
      pointToLayer: (rasgo, lugar) => L.circleMarker(lugar, { radius: nombre === "filas" ? 5 : 4, ...estilo(nombre, rasgo) }),
      onEachFeature: (rasgo, una) => {
        const { numero } = rasgo.properties;
        if (nombre === "candidatos") candidatos.push(una);
        if (nombre === "filas") porNumero.set(numero, { capa: una, rasgo });
        una.on("click", (evento) => {
          L.DomEvent.stopPropagation(evento);
          if (numero !== undefined && numero !== null) elegir(numero, true);
          if (nombre !== "filas") dice.textContent = nombrar(nombre, rasgo.properties);
        });
      },
    });
  }

  function interruptor(nombre, grupo, cuantos) {
    const etiqueta = document.createElement("label");
    const casilla = document.createElement("input");
    Object.assign(casilla, { type: "checkbox", checked: CAPAS[nombre].encendida, className: "form-check-input" });
    casilla.dataset.capa = nombre;
    const muestra = document.createElement("span");
    muestra.className = "muestra";
    muestra.style.borderColor = CAPAS[nombre].color || COLOR.nueva;
    casilla.addEventListener("change", () => (casilla.checked ? grupo.addTo(mapa) : grupo.remove()));
    etiqueta.append(casilla, muestra, ` ${textos[nombre]} (${cuantos.toLocaleString("es")})`);
    capasCaja.append(etiqueta);
  }

  fetch(marco.dataset.mapa, { credentials: "same-origin" })
    .then((respuesta) => (respuesta.ok ? respuesta.json() : Promise.reject(new Error(respuesta.status))))
    .then((capas) => {
      const todo = L.latLngBounds([]);
      for (const nombre of Object.keys(CAPAS)) {
        const rasgos = capas[nombre]?.features ?? [];
        if (!rasgos.length) continue;
        const grupo = capa(nombre, capas[nombre]);
        if (CAPAS[nombre].encendida) {
          grupo.addTo(mapa);
          todo.extend(grupo.getBounds());
        }
        interruptor(nombre, grupo, rasgos.length);
      }
      if (todo.isValid()) mapa.fitBounds(todo, { padding: [12, 12], animate: false });
      const pedida = /^#fila-(\d+)$/.exec(location.hash);
      if (pedida) elegir(Number(pedida[1]), false);
      marco.dataset.listo = String(porNumero.size);
    })
    .catch(() => {
      dice.textContent = textos.fallo;
      marco.dataset.listo = "0";
    });

  // A candidate under the pointer or the keyboard shows where it would put the file.
  for (const boton of document.querySelectorAll("[data-candidato]")) {
    const resaltar = (si) => () => {
      const una = candidatos[Number(boton.dataset.candidato)];
      una?.setStyle(si ? { color: "#b2182b", weight: 4, fillOpacity: 0.35 } : estilo("candidatos"));
      if (si) una?.bringToFront();
      dice.textContent = si && una ? nombrar("candidatos", una.feature.properties) : "";
    };
    for (const suceso of ["mouseenter", "focus"]) boton.addEventListener(suceso, resaltar(true));
    for (const suceso of ["mouseleave", "blur"]) boton.addEventListener(suceso, resaltar(false));
  }

  document.addEventListener("click", (evento) => {
    const boton = evento.target.closest(".al-mapa");
    if (!boton) return;
    const [oeste, sur, este, norte] = boton.dataset.caja.split(",").map(Number);
    mapa.fitBounds([[sur, oeste], [norte, este]], { padding: [30, 30], maxZoom: 16, animate: animar });
    elegir(Number(boton.closest("[data-fila]").dataset.fila), false);
    if (matchMedia("(max-width: 999px)").matches) marco.scrollIntoView({ block: "nearest" });
  });
})();

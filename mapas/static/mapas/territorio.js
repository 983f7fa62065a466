// The explorer: tree and map tied to one chosen unit. Pieces of the page come from the server, by htmx or as they are.
(() => {
  "use strict";

  const datos = JSON.parse(document.getElementById("datos-territorio").textContent);
  const { textos, rutas } = datos;
  const pagina = document.querySelector(".territorio");
  const panel = pagina.querySelector(".panel");
  const rueda = panel.querySelector(".panel-rueda");
  const ficha = document.getElementById("ficha");
  const aviso = panel.querySelector(".aviso-donde");
  const estado = pagina.querySelector(".plano-estado");
  const selector = pagina.querySelector("[data-nivel-del-mapa]");
  const movil = window.matchMedia("(max-width: 768px)");

  // --- map ----------------------------------------------------------------------------------------------------------
  const mapa = L.map("mapa-territorio", { zoomControl: false, zoomSnap: 0.25, minZoom: 5, maxZoom: 19 });
  mapa.attributionControl.setPrefix(false);
  if (datos.base) L.tileLayer(datos.base, { attribution: datos.credito, maxZoom: 19 }).addTo(mapa);
  const [oeste, sur, este, norte] = datos.caja;
  const tapado = () => (movil.matches ? panel.offsetHeight : 0);
  const margen = () => ({ paddingTopLeft: [24, 48], paddingBottomRight: [24, 24 + Math.min(tapado(), mapa.getSize().y * 0.6)], animate: false });
  const verTodo = () => mapa.fitBounds([[sur, oeste], [norte, este]], margen());
  L.control.scale({ imperial: false, position: movil.matches ? "topleft" : "bottomleft" }).addTo(mapa);
  mapa.addControl(new (L.Control.extend({
    options: { position: "bottomright" },
    onAdd() {
      const barra = L.DomUtil.create("div", "leaflet-bar");
      for (const [signo, nombre, accion] of [["+", textos.acercar, () => mapa.zoomIn()], ["−", textos.alejar, () => mapa.zoomOut()], ["", textos.todo, verTodo]]) {
        const boton = L.DomUtil.create("a", "", barra);
        Object.assign(boton, { href: "#", textContent: signo, title: nombre });
        if (!signo) boton.innerHTML = '<svg viewBox="0 0 20 20" width="20" height="20" aria-hidden="true"><path d="M3 8V3h5M12 3h5v5M17 12v5h-5M8 17H3v-5M7.5 7.5h5v5h-5z"/></svg>';
        boton.setAttribute("role", "button");
        boton.setAttribute("aria-label", nombre);
        boton.addEventListener("click", (evento) => { evento.preventDefault(); accion(); });
      }
      L.DomEvent.disableClickPropagation(barra);
      return barra;
    },
  }))());
  const hoja = Minka.hoja({ pagina, panel, textos, tapado, alCambiar: () => {} });
  verTodo();

  // --- the outlines of one level at a time --------------------------------------------------------------------------
  const cargadas = new Map(); // level → { grupo, porId }
  const dibujo = L.svg({ padding: 0.5 });
  let elegida = datos.elegida;
  let visible = null;
  const enDisputa = (capa) => capa.feature.properties.estado === "en_conflicto";
  function estilo(capa) {
    const es = capa.feature.id === elegida;
    return {
      renderer: dibujo, color: es ? "#085459" : "#4a5561", weight: es ? 3.5 : enDisputa(capa) ? 2 : 1, dashArray: enDisputa(capa) ? "7 4" : null,
      fillColor: es ? "#0b6e74" : "#fff", fillOpacity: es ? 0.35 : 0.75,
    };
  }

  async function cargar(nivel) {
    if (cargadas.has(nivel)) return cargadas.get(nivel);
    const capa = datos.capas.find((una) => una.nivel === nivel);
    decir(textos.cargando);
    let geojson;
    try {
      const respuesta = await fetch(capa.geometria);
      if (!respuesta.ok) throw new Error(respuesta.status);
      geojson = await respuesta.json();
    } catch {
      decir(textos.fallo);
      return null;
    }
    decir("");
    const porId = new Map();
    const rasgos = nivel === "municipio" && geojson.contorno ? [geojson.contorno] : geojson.features;
    const grupo = L.featureGroup();
    if (nivel !== "municipio" && geojson.contorno?.geometry) L.geoJSON(geojson.contorno, { interactive: false, style: { renderer: dibujo, color: "#1f2933", weight: 1.5, fill: false } }).addTo(grupo);
    L.geoJSON({ type: "FeatureCollection", features: rasgos }, {
      filter: (rasgo) => Boolean(rasgo.geometry),
      pointToLayer: (rasgo, lugar) => L.circleMarker(lugar, { radius: 7 }),
      onEachFeature: (rasgo, una) => {
        porId.set(rasgo.id, una);
        una.bindTooltip(() => document.createTextNode(datos.nombres[rasgo.id] ?? ""), { sticky: true, direction: "top" });
        una.on("click", (evento) => { L.DomEvent.stopPropagation(evento); preguntar(evento.latlng, rasgo.geometry.type === "Point" ? rasgo.id : null, rasgo.id); });
      },
    }).addTo(grupo);
    for (const una of porId.values()) una.setStyle(estilo(una));
    cargadas.set(nivel, { grupo, porId });
    return cargadas.get(nivel);
  }
  async function verNivel(nivel) {
    if (!datos.capas.some((una) => una.nivel === nivel)) return null;
    const capa = await cargar(nivel);
    if (!capa) return null;
    if (visible !== capa) {
      visible?.grupo.remove();
      capa.grupo.addTo(mapa);
      visible = capa;
      selector.value = nivel;
    }
    mapa.getContainer().dataset.nivel = nivel;
    mapa.getContainer().dataset.unidades = capa.porId.size;
    return capa;
  }
  selector.addEventListener("change", () => verNivel(selector.value));
  function decir(texto) { estado.hidden = !texto; estado.textContent = texto; }

  // --- the chosen unit ----------------------------------------------------------------------------------------------
  const limpio = (capa) => capa && capa.setStyle(estilo(capa));
  async function pedir(ruta) {
    try {
      const respuesta = await fetch(ruta, { headers: { "HX-Request": "true" } });
      return await respuesta.text();
    } catch {
      return `<p>${textos.sin_conexion}</p>`;
    }
  }
  const ruta = (cual, pk) => rutas[cual].replace("/0/", `/${pk}/`);
  function mostrar(html) {
    ficha.innerHTML = html;
    ficha.hidden = false;
    htmx.process(ficha);
    if (movil.matches && pagina.dataset.altura === "baja") hoja.poner("media");
  }
  async function elegir(pk, nivel, { ensenar = true, ficha: conFicha = true } = {}) {
    const antes = elegida;
    elegida = pk;
    history.replaceState(null, "", `#u=${pk}`);
    const [capa, html] = await Promise.all([verNivel(nivel), pedir(ruta("tarjeta", pk))]);
    if (elegida !== pk) return;
    for (const una of cargadas.values()) limpio(una.porId.get(antes));
    const propia = capa?.porId.get(pk);
    if (propia) {
      limpio(propia);
      propia.bringToFront?.();
      if (ensenar) acercar(propia);
    }
    const tarjeta = document.createElement("div");
    tarjeta.innerHTML = html;
    if (conFicha) { mostrar(html); rueda.scrollTop = 0; }
    await revelar(tarjeta.querySelector("[data-camino]")?.dataset.camino.split(",").map(Number) ?? []);
    for (const nodo of panel.querySelectorAll(".arbol .nombre[aria-current]")) nodo.removeAttribute("aria-current");
    const nodo = panel.querySelector(`.arbol .nombre[data-id="${pk}"]`);
    nodo?.setAttribute("aria-current", "true");
    if (nodo && !conFicha) nodo.scrollIntoView({ block: "nearest" });
  }
  function acercar(capa) {
    const limites = capa.getBounds ? capa.getBounds() : L.latLngBounds([capa.getLatLng(), capa.getLatLng()]);
    mapa.fitBounds(limites, { ...margen(), maxZoom: capa.getBounds ? 16 : Math.max(mapa.getZoom(), 13) });
  }

  // --- which unit is it? ---------------------------------------------------------------------------------------------
  let senal = null;
  async function preguntar(lugar, punto, debajo) {
    senal?.remove();
    senal = L.circleMarker(lugar, { radius: 5, color: "#fff", weight: 2, fillColor: "#b42318", fillOpacity: 1, interactive: false, pane: "markerPane" }).addTo(mapa);
    if (punto) { await elegir(punto, selector.value, { ensenar: false }); return; }
    const html = await pedir(`${rutas.aqui}?lat=${lugar.lat.toFixed(6)}&lon=${lugar.lng.toFixed(6)}`);
    mostrar(html);
    rueda.scrollTop = 0;
    if (debajo) await elegir(debajo, selector.value, { ensenar: false, ficha: false });
  }
  mapa.on("click", ({ latlng }) => preguntar(latlng));
  const donde = panel.querySelector("[data-donde]");
  donde.hidden = !navigator.geolocation;
  donde.addEventListener("click", () => {
    aviso.textContent = textos.buscando;
    navigator.geolocation.getCurrentPosition(({ coords }) => {
      aviso.textContent = "";
      const aqui = L.latLng(coords.latitude, coords.longitude);
      mapa.setView(aqui, Math.max(mapa.getZoom(), 14), { animate: false });
      preguntar(aqui);
    }, () => { aviso.textContent = textos.sin_posicion; }, { timeout: 15000, maximumAge: 60000, enableHighAccuracy: true });
  });

  // --- the tree ------------------------------------------------------------------------------------------------------
  const arbol = panel.querySelector(".arbol");
  async function abrir(pk, si) {
    const boton = arbol.querySelector(`[data-abrir="${pk}"]`);
    const rama = document.getElementById(`rama-${pk}`);
    if (!rama) return;
    if (si && !rama.childElementCount) rama.innerHTML = await pedir(ruta("rama", pk));
    htmx.process(rama);
    rama.hidden = !si;
    boton?.setAttribute("aria-expanded", String(si));
  }
  async function abrirGrupo(grupo) {
    if (grupo.hasAttribute("hx-get")) {
      const lista = grupo.querySelector("ul");
      if (!lista.querySelector(".nodo")) lista.innerHTML = await pedir(grupo.getAttribute("hx-get"));
    }
    grupo.open = true;
  }
  async function revelar(camino) {
    for (let i = 0; i + 1 < camino.length; i += 1) {
      await abrir(camino[i], true);
      if (arbol?.querySelector(`.nombre[data-id="${camino[i + 1]}"]`)) {
        arbol.querySelector(`.nombre[data-id="${camino[i + 1]}"]`).closest("details")?.setAttribute("open", "");
        continue;
      }
      for (const grupo of document.getElementById(`rama-${camino[i]}`)?.querySelectorAll(":scope > details[hx-get]") ?? []) {
        await abrirGrupo(grupo);
        if (grupo.querySelector(`.nombre[data-id="${camino[i + 1]}"]`)) break;
        grupo.open = false;
      }
    }
  }
  panel.addEventListener("click", (evento) => {
    const boton = evento.target.closest("[data-abrir]");
    if (boton) {
      evento.preventDefault();
      abrir(boton.dataset.abrir, boton.getAttribute("aria-expanded") !== "true");
      return;
    }
    const nombre = evento.target.closest("a[data-id]");
    if (!nombre || evento.ctrlKey || evento.metaKey || evento.shiftKey) return;
    evento.preventDefault();
    elegir(Number(nombre.dataset.id), nombre.dataset.nivel);
  });
  // Arrows walk the tree: up and down over what is seen, right opens or goes in, left closes or goes out.
  arbol?.addEventListener("keydown", (evento) => {
    const aqui = evento.target.closest(".nombre, summary, .abrir");
    if (!aqui || !["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"].includes(evento.key)) return;
    evento.preventDefault();
    const vistos = [...arbol.querySelectorAll(".nombre, summary")].filter((uno) => uno.checkVisibility?.() ?? uno.offsetParent);
    const nodo = aqui.closest(".nodo");
    const actual = nodo ? nodo.querySelector(".nombre") : aqui;
    const lugar = vistos.indexOf(actual);
    const ir = (uno) => uno?.focus();
    const boton = nodo?.querySelector(".abrir");
    const grupo = aqui.matches("summary") ? aqui.parentElement : null;
    if (evento.key === "ArrowDown") ir(vistos[lugar + 1]);
    else if (evento.key === "ArrowUp") ir(vistos[lugar - 1]);
    else if (evento.key === "ArrowRight") {
      if (grupo && !grupo.open) abrirGrupo(grupo);
      else if (boton && boton.getAttribute("aria-expanded") !== "true") abrir(boton.dataset.abrir, true);
      else ir(vistos[lugar + 1]);
    } else if (grupo?.open) grupo.open = false;
    else if (boton?.getAttribute("aria-expanded") === "true") abrir(boton.dataset.abrir, false);
    else {
      const arriba = grupo ? grupo.parentElement.closest("li")?.querySelector(".nombre") : actual.closest("details")?.querySelector("summary");
      ir(arriba ?? vistos[0]);
    }
  });

  // --- start ---------------------------------------------------------------------------------------------------------
  const ancla = new URLSearchParams(location.hash.slice(1)).get("u");
  verNivel(datos.nivel).then(() => {
    hoja.medir();
    verTodo();
    if (datos.elegida) elegir(datos.elegida, datos.nivel);
    else if (/^\d+$/.test(ancla ?? "")) {
      const nodo = arbol?.querySelector(`.nombre[data-id="${ancla}"]`);
      elegir(Number(ancla), nodo?.dataset.nivel ?? datos.nivel);
    }
  });
  new ResizeObserver(() => { mapa.invalidateSize({ animate: false }); hoja.medir(); }).observe(mapa.getContainer());
})();

// The workbench: sliders, list, map and totals tied together. Weights and money answer at once; the slower rules are asked
// of the server. The address always says what is seen.
import { SIN_DATO, aportes, elegir, enLista, equidad, escribirMonto, escribirNumero, leerMonto, puntuar, revisar } from "./calculo.js";
import { Lista } from "./lista.js";
import { Puntos, hacerMapa } from "./puntos.js";

const datos = JSON.parse(document.getElementById("datos-mesa").textContent);
const { textos, numeros } = datos;
const pagina = document.querySelector(".mesa");
const panel = pagina.querySelector(".panel");
const formulario = pagina.querySelector("[data-mesa]");
const movil = window.matchMedia("(max-width: 899px)");
const bs = (centimos) => escribirMonto(centimos, numeros);
const cifra = (n, decimales = 0) => escribirNumero(n, decimales, numeros);
const poner = (texto, valores) => texto.replace(/%\((\w+)\)s/g, (todo, clave) => valores[clave] ?? todo);
const nodo = (etiqueta, atributos = {}, ...hijos) => {
  const uno = document.createElement(etiqueta);
  for (const [clave, valor] of Object.entries(atributos)) uno.setAttribute(clave, valor);
  uno.append(...hijos.filter((hijo) => hijo !== null && hijo !== undefined));
  return uno;
};

// --- the set ------------------------------------------------------------------------------------------------------------
const distritos = datos.distritos.map(([id, codigo, nombre, habitantes, nbi]) => ({ id: String(id), codigo, nombre, habitantes, nbi }));
const nombreDe = new Map(distritos.map((d) => [d.id, d.nombre]));
const columnas = Object.fromEntries(Object.entries(datos.columnas).map(([clave, valores]) => [clave, Int16Array.from(valores)]));
const set = { ...datos, columnas, distrito: datos.distrito.map((i) => (i < 0 ? null : distritos[i].id)) };
const lugarDe = new Map(set.pk.map((pk, i) => [pk, i]));
const lugarDeCodigo = new Map(set.codigo.map((codigo, i) => [codigo, i]));
const claves = datos.criterios.map(([clave]) => clave);
const colorDe = new Map(datos.criterios.map(([clave, , color]) => [clave, color]));
const estado = { regla: datos.regla, puntajes: null, elegidas: new Map(), razones: new Map(), orden: [], elegida: -1 };

// --- what is chosen -----------------------------------------------------------------------------------------------------
const campo = (nombre) => formulario.elements.namedItem(nombre);
const mesaPesos = () => Object.fromEntries(claves.map((clave) => [clave, Number(campo(`peso_${clave}`).value)]));

function pares(nombre) {
  const hallados = [];
  for (const linea of campo(nombre).value.split(/[\n;]/).map((parte) => parte.trim()).filter(Boolean)) {
    const [una, otra, mas] = linea.split("~").map((parte) => parte.trim());
    if (!una || !otra || mas !== undefined) return { error: textos.par_ilegible };
    for (const codigo of [una, otra]) if (!lugarDeCodigo.has(codigo)) return { error: poner(textos.par_desconocido, { codigo }) };
    hallados.push([set.pk[lugarDeCodigo.get(una)], set.pk[lugarDeCodigo.get(otra)]]);
  }
  return { pares: hallados };
}

function montosDeDistritos(inicio) {
  const montos = {};
  for (const { id } of distritos) {
    const texto = campo(inicio + id)?.value.trim();
    if (!texto) continue;
    const monto = leerMonto(texto);
    if (monto === null) return { error: `${nombreDe.get(id)}: ${textos.monto_ilegible}` };
    montos[id] = monto;
  }
  return { montos };
}

// Gives limits, or {campo: words} of what is amiss.
function leerLimites() {
  const errores = {};
  const techo = leerMonto(campo("techo").value);
  if (techo === null) errores.techo = textos.monto_ilegible;
  else if (!techo) errores.techo = textos.errores.techo_no_positivo;
  const pisos = montosDeDistritos("piso_");
  const topes = montosDeDistritos("tope_");
  if (pisos.error || topes.error) errores.pisos = pisos.error || topes.error;
  const incompatibles = pares("incompatibles");
  const requeridas = pares("requeridas");
  if (incompatibles.error || requeridas.error) errores.pares = incompatibles.error || requeridas.error;
  if (Object.keys(errores).length) return { errores };
  return { limites: { techo, pisos: pisos.montos, topes: topes.montos, incompatibles: incompatibles.pares, requeridas: requeridas.pares } };
}

const llamada = (pk) => `«${set.codigo[lugarDe.get(pk)] ?? "?"}»`;
function enPalabras(error) {
  const dichos = { ...error, distrito: nombreDe.get(error.distrito) ?? "" };
  for (const clave of ["suma", "techo", "piso", "tope"]) if (error[clave] !== undefined) dichos[clave] = bs(error[clave]);
  if (error.par) [dichos.una, dichos.otra] = error.par.map(llamada);
  if (error.claves) dichos.cuales = error.claves.slice(0, 6).map(llamada).join(", ");
  return { [textos.campos[error.codigo]]: poner(textos.errores[error.codigo], dichos) };
}

function decirErrores(errores = {}) {
  for (const lugar of formulario.querySelectorAll("[data-error]")) {
    const dicho = errores[lugar.dataset.error] ?? "";
    if (lugar.textContent !== dicho) lugar.textContent = dicho;
    lugar.hidden = !dicho;
  }
  campo("techo").setAttribute("aria-invalid", String(Boolean(errores.techo)));
  pagina.classList.toggle("con-error", Object.keys(errores).length > 0);
}

// --- the answer ---------------------------------------------------------------------------------------------------------
const EN_VIVO = new Set(datos.en_vivo);
let pedido = 0;

function calcular() {
  const pesos = mesaPesos();
  const { limites, errores } = leerLimites();
  if (errores || !set.pk.length) { decirErrores(errores); return; }
  estado.puntajes = puntuar(set.columnas, pesos, set.pk.length);
  if (!estado.puntajes) { decirErrores(enPalabras({ codigo: "pesos_en_cero" })); return; }
  const mal = revisar(limites);
  if (mal) { decirErrores(enPalabras(mal)); return; }
  decirErrores();
  estado.pesos = pesos;
  estado.techo = limites.techo;
  if (EN_VIVO.has(estado.regla)) {
    pedido += 1; // whatever the server still owes is late
    Object.assign(estado, elegir(estado.regla, set, estado.puntajes, limites));
    mostrar();
  } else preguntar();
}

let esperando = 0;
function preguntar() {
  clearTimeout(esperando);
  decir(textos.calculando);
  const mio = (pedido += 1);
  esperando = setTimeout(async () => {
    try {
      const respuesta = await fetch(`${datos.rutas.resultado}?${consulta()}`);
      const hecho = await respuesta.json();
      if (mio === pedido) recibir(hecho);
    } catch {
      if (mio === pedido) decir(textos.fallo);
    }
  }, 250);
}

function recibir(hecho) {
  if (!hecho.razones) { decir(hecho.espera ? textos.aparte : hecho.error); return; }
  estado.elegidas = new Map();
  estado.razones = new Map();
  let gastado = 0;
  for (const [pk, razon] of Object.entries(hecho.razones)) {
    estado.razones.set(Number(pk), razon);
    if (razon.codigo === "elegida") { estado.elegidas.set(Number(pk), razon.fase); gastado += set.costo[lugarDe.get(Number(pk))]; }
  }
  Object.assign(estado, { gastado, queda: estado.techo - gastado });
  mostrar();
  detalle.textContent = hecho.optimo === false ? textos.optimo_no : "";
}

// --- showing it ---------------------------------------------------------------------------------------------------------
const frase = pagina.querySelector("[data-frase]");
const detalle = pagina.querySelector("[data-detalle]");
const decir = (texto) => { if (frase.textContent !== texto) frase.textContent = texto; };

function mostrar() {
  estado.orden = enLista(set, estado.puntajes, estado.elegidas);
  estado.linea = estado.elegidas.size;
  const justicia = equidad(set, estado.elegidas, distritos);
  const conAlgo = justicia.distritos.filter((d) => d.entran).length;
  decir(poner(estado.elegidas.size === 1 ? textos.frase_una : textos.frase, { bs: bs(estado.techo), n: cifra(estado.elegidas.size), todas: cifra(set.pk.length) })
    + (distritos.length > 1 ? poner(conAlgo === 1 ? textos.distritos_uno : textos.distritos, { n: conAlgo, todos: distritos.length }) : ""));
  detalle.textContent = "";
  lista.poner(estado.orden.length + 1);
  mostrarTotales(justicia);
  puntos?.dibujar();
  if (estado.elegida >= 0) mostrarFicha(estado.elegida);
}

// The line where the money ends is a row of the list.
const enLugar = (lugar) => (lugar < estado.linea ? estado.orden[lugar] : lugar === estado.linea ? null : estado.orden[lugar - 1]);
const SIGNOS = { si: "●", no: "◇" };
function crearFila() {
  const fila = nodo("div", { role: "listitem" });
  fila.partes = {
    puesto: nodo("span", { class: "puesto" }), signo: nodo("span", { class: "signo", "aria-hidden": "true" }), titulo: nodo("span", { class: "titulo" }),
    bajo: nodo("span", { class: "bajo" }), puntaje: nodo("span", { class: "puntaje" }), barra: nodo("span", { class: "aportes", "aria-hidden": "true" }), linea: nodo("span", { class: "linea-texto" }),
  };
  fila.partes.trozos = claves.map((clave) => { const trozo = nodo("i"); trozo.style.background = colorDe.get(clave); return trozo; });
  fila.partes.barra.append(...fila.partes.trozos);
  const { puesto, signo, titulo, bajo, puntaje, barra, linea } = fila.partes;
  fila.append(puesto, signo, titulo, puntaje, bajo, barra, linea);
  return fila;
}
function pintarFila(fila, lugar) {
  const i = enLugar(lugar);
  const { puesto, signo, titulo, bajo, puntaje, barra, linea, trozos } = fila.partes;
  fila.className = "virtual-fila";
  if (i === null) {
    fila.classList.add("linea");
    for (const parte of [puesto, signo, titulo, bajo, puntaje]) parte.textContent = "";
    barra.hidden = true;
    linea.textContent = poner(textos.linea, { gastado: bs(estado.gastado), queda: bs(estado.queda) });
    return;
  }
  const dentro = estado.elegidas.has(set.pk[i]);
  fila.classList.add(dentro ? "entra" : "fuera");
  if (i === estado.elegida) fila.classList.add("elegida");
  linea.textContent = "";
  puesto.textContent = lugar < estado.linea ? lugar + 1 : lugar;
  signo.textContent = dentro ? SIGNOS.si : SIGNOS.no;
  titulo.textContent = set.titulo[i];
  titulo.title = set.titulo[i];
  bajo.textContent = [set.codigo[i], set.proponente[i], set.costo[i] ? bs(set.costo[i]) : textos.razones.sin_costo, dentro ? textos.entra : textos.fuera].filter(Boolean).join(" · ");
  puntaje.textContent = cifra(estado.puntajes[i], 1);
  barra.hidden = false;
  aportes(set.columnas, estado.pesos, claves, i).forEach((parte, k) => { trozos[k].style.width = `${parte}%`; });
}

const lista = new Lista(pagina.querySelector("[data-lista]"), { alto: 64, crear: crearFila, pintar: pintarFila, alElegir: (lugar) => { const i = enLugar(lugar); if (i !== null) escoger(i); } });

const totales = pagina.querySelector("[data-totales]");
const partesDeTotales = (() => {
  const filas = distritos.map((d) => {
    const celdas = { nombre: nodo("th", { scope: "row", title: d.nombre }, d.nombre), entran: nodo("td", { class: "numero" }), bs: nodo("td", { class: "numero" }), barra: nodo("i") };
    const marco = nodo("td", { class: "barra-celda", "aria-hidden": "true" }, nodo("span", {}, celdas.barra));
    return { ...celdas, fila: nodo("tr", {}, celdas.nombre, celdas.entran, celdas.bs, marco) };
  });
  const fuera = nodo("p", { class: "nota" });
  const grupos = nodo("dl", { class: "grupos" });
  const gini = nodo("dd");
  const tercio = nodo("dd");
  const rotulos = JSON.parse(totales.dataset.rotulos);
  totales.replaceChildren(
    distritos.length < 2 ? "" : nodo("dl", { class: "equidad" }, nodo("div", {}, nodo("dt", {}, rotulos.gini), gini), nodo("div", {}, nodo("dt", {}, rotulos.tercio), tercio)),
    nodo("table", { class: "por-distrito" }, nodo("caption", { class: "visually-hidden" }, rotulos.distritos),
      nodo("thead", {}, nodo("tr", {}, nodo("th", { scope: "col" }, rotulos.distrito), nodo("th", { scope: "col", class: "numero" }, rotulos.entran), nodo("th", { scope: "col", class: "numero" }, rotulos.por_habitante), nodo("td"))),
      nodo("tbody", {}, ...filas.map(({ fila }) => fila))),
    fuera, nodo("h2", {}, rotulos.grupos), grupos,
  );
  return { filas, fuera, grupos, gini, tercio };
})();

function mostrarTotales({ distritos: todos, fuera, grupos, gini, tercio }) {
  const mayor = Math.max(...todos.map((d) => d.porHabitante ?? 0), 0.01);
  todos.forEach((d, k) => {
    const fila = partesDeTotales.filas[k];
    fila.entran.textContent = cifra(d.entran);
    fila.bs.textContent = d.porHabitante === null ? textos.sin_dato : cifra(d.porHabitante, 2);
    fila.barra.style.width = `${(100 * (d.porHabitante ?? 0)) / mayor}%`;
  });
  partesDeTotales.fuera.textContent = fuera.entran ? `${textos.sin_distrito}: ${cifra(fuera.entran)}, ${bs(fuera.bs)}` : "";
  partesDeTotales.gini.textContent = gini === null ? textos.sin_dato : cifra(gini, 2);
  partesDeTotales.tercio.textContent = tercio === null ? textos.sin_dato : `${cifra(100 * tercio)}\u00a0%`;
  partesDeTotales.grupos.replaceChildren(...Object.keys(datos.grupos).filter((g) => grupos.has(g)).flatMap((g) => {
    const barra = nodo("i");
    barra.style.width = `${100 * grupos.get(g)}%`;
    return [nodo("dt", {}, datos.grupos[g]), nodo("dd", {}, `${cifra(100 * grupos.get(g))}\u00a0%`, nodo("span", { class: "barra-celda", "aria-hidden": "true" }, barra))];
  }));
}

// --- one demand ---------------------------------------------------------------------------------------------------------
const ficha = document.getElementById("ficha");
function porQue(i) {
  const razon = estado.razones.get(set.pk[i]);
  if (!razon) return "";
  if (razon.codigo === "elegida") return textos.dentro[razon.fase] ?? textos.dentro.regla;
  if (razon.codigo === "otra_combinacion_rinde_mas" && !razon.falta) return textos.razones.otra_combinacion_cabe;
  return poner(textos.razones[razon.codigo], { falta: razon.falta ? bs(razon.falta) : "", con: razon.con ? llamada(razon.con) : "", distrito: nombreDe.get(razon.distrito) ?? "" });
}
function escoger(i) {
  estado.elegida = i;
  mostrarFicha(i);
  lista.mover(true);
  puntos?.elegir(i);
  if (movil.matches) verParte("lista");
  ficha.scrollIntoView?.({ block: "nearest" });
}
function mostrarFicha(i) {
  const pk = set.pk[i];
  const dentro = estado.elegidas.has(pk);
  const razon = estado.razones.get(pk);
  const partes = nodo("dl", { class: "ficha-datos" });
  aportes(set.columnas, estado.pesos, claves, i).forEach((parte, k) => {
    const [clave, nombre, color] = datos.criterios[k];
    if (!estado.pesos[clave]) return;
    const muestra = nodo("i", { class: "color", "aria-hidden": "true" });
    muestra.style.background = color;
    partes.append(nodo("dt", {}, muestra, nombre), nodo("dd", {}, set.columnas[clave][i] === SIN_DATO ? textos.sin_dato : `+${cifra(parte, 1)}`));
  });
  const cerrar = nodo("button", { type: "button", class: "cerrar", "aria-label": textos.cerrar }, "×");
  cerrar.addEventListener("click", () => { estado.elegida = -1; ficha.hidden = true; lista.mover(true); puntos?.elegir(-1); });
  const contenido = [
    nodo("h2", {}, set.titulo[i]),
    nodo("p", { class: "codigo-suave" }, [set.codigo[i], set.proponente[i], set.costo[i] ? bs(set.costo[i]) : "", poner(textos.puntos, { n: cifra(estado.puntajes[i], 2) })].filter(Boolean).join(" · ")),
    nodo("p", { class: dentro ? "razon entra" : "razon fuera" }, nodo("span", { "aria-hidden": "true" }, dentro ? SIGNOS.si : SIGNOS.no), ` ${porQue(i)}`),
    razon?.contraparte ? nodo("p", {}, poner(textos.contraparte, { bs: bs(razon.contraparte) })) : null,
    partes,
  ];
  const pie = nodo("p", { class: "ficha-pie" }, nodo("a", { href: datos.rutas.demanda.replace("/0/", `/${pk}/`) }, textos.ficha));
  if (!dentro && set.costo[i]) {
    const boton = nodo("button", { type: "button", class: "btn btn-outline-secondary btn-sm" }, textos.que_falta);
    boton.addEventListener("click", () => queFalta(pk, boton));
    pie.prepend(boton, " ");
  }
  ficha.replaceChildren(...contenido.filter(Boolean), pie, cerrar);
  ficha.hidden = false;
}
async function queFalta(pk, boton) {
  boton.disabled = true;
  boton.textContent = textos.calculando;
  try {
    const { frases } = await (await fetch(`${datos.rutas.falta}?${consulta()}&demanda=${pk}`)).json();
    boton.replaceWith(frases.length ? nodo("div", { class: "haria-falta" }, textos.basta_una, nodo("ul", {}, ...frases.map((una) => nodo("li", {}, una)))) : nodo("span", {}, textos.nada_basta));
  } catch {
    boton.disabled = false;
    boton.textContent = textos.fallo;
  }
}

// --- the address says what is seen ------------------------------------------------------------------------------------------
function consulta() {
  const pesos = mesaPesos();
  const partes = new URLSearchParams({ municipio: campo("municipio").value });
  for (const nombre of ["unidad", "sector", "estado", "grupo"]) if (campo(nombre).value && campo(nombre).value !== "por_priorizar") partes.set(nombre, campo(nombre).value);
  partes.set("techo", campo("techo").value.trim());
  if (estado.regla !== "puntaje") partes.set("regla", estado.regla);
  if (claves.some((clave) => pesos[clave] !== datos.iniciales[clave])) {
    const puestos = claves.filter((clave) => pesos[clave]);
    partes.set("pesos", (puestos.length ? puestos : claves.slice(0, 1)).map((clave) => `${clave}:${pesos[clave]}`).join(","));
  }
  for (const [nombre, inicio] of [["pisos", "piso_"], ["topes", "tope_"]]) {
    const montos = distritos.map(({ id }) => [id, campo(inicio + id)?.value.trim()]).filter(([, monto]) => monto);
    if (montos.length) partes.set(nombre, montos.map(([id, monto]) => `${id}=${monto}`).join(";"));
  }
  for (const nombre of ["incompatibles", "requeridas"]) {
    const lineas = campo(nombre).value.split(/[\n;]/).map((parte) => parte.trim().replace(/\s*~\s*/, "~")).filter(Boolean);
    if (lineas.length) partes.set(nombre, lineas.join(";"));
  }
  if (estado.regla === "partes_iguales" && campo("votantes").value !== "comunidades") partes.set("votantes", campo("votantes").value);
  return partes;
}
let guardando = 0;
function escribirDireccion() {
  clearTimeout(guardando);
  guardando = setTimeout(() => {
    const texto = consulta().toString();
    history.replaceState(null, "", `${location.pathname}?${texto}${location.hash}`);
    const oculto = pagina.querySelector("[data-consulta]");
    if (oculto) oculto.value = texto;
    for (const enlace of pagina.querySelectorAll("[data-con-consulta]")) enlace.href = `${datos.rutas[enlace.dataset.conConsulta]}?${texto}`;
  }, 200);
}

// --- hands --------------------------------------------------------------------------------------------------------------
// One answer for each picture, however fast the hand moves.
let porCalcular = 0;
function pedirCalculo() {
  escribirDireccion();
  if (porCalcular) return;
  porCalcular = requestAnimationFrame(() => { porCalcular = 0; calcular(); });
}
formulario.addEventListener("submit", (evento) => evento.preventDefault());
formulario.addEventListener("input", ({ target }) => {
  if (target.type === "range") target.closest(".criterio").querySelector("output").value = target.value;
  if (target.name === "techo") pagina.querySelector("[data-supuesto]").hidden = true;
  if (target.name === "regla") {
    estado.regla = target.value;
    for (const uno of formulario.querySelectorAll("[data-solo-regla]")) uno.hidden = uno.dataset.soloRegla !== estado.regla;
  }
  if (!target.dataset.conjunto && target.dataset.conjunto !== "") pedirCalculo();
});
formulario.addEventListener("change", ({ target }) => {
  if ("conjunto" in target.dataset) location.assign(`${location.pathname}?${consulta()}`);
  const monto = target.inputMode === "decimal" ? leerMonto(target.value) : null;
  if (monto) { target.value = bs(monto).replace(/^Bs\u00a0/, ""); escribirDireccion(); }
});
formulario.querySelector("[data-iniciales]")?.addEventListener("click", () => {
  for (const clave of claves) {
    campo(`peso_${clave}`).value = datos.iniciales[clave];
    formulario.querySelector(`.criterio[data-clave="${CSS.escape(clave)}"] output`).value = datos.iniciales[clave];
  }
  pedirCalculo();
});

// --- map and sheet --------------------------------------------------------------------------------------------------------
const tapado = () => (movil.matches ? panel.offsetHeight : 0);
let puntos = null;
let plano = null;
if (window.L) {
  plano = hacerMapa(document.getElementById("mapa-mesa"), { ...datos, distritos: datos.distritos.map(([id, , nombre]) => [id, nombre]), tapado });
  puntos = new Puntos({
    puntos: set.lugar.map((lugar) => ({ lugar })),
    clase: (i) => (estado.elegidas.has(set.pk[i]) ? "entra" : "fuera"),
    alElegir: ([primero]) => escoger(primero),
  });
  plano.mapa.addLayer(puntos);
}
const hoja = Minka.hoja({ pagina, panel, textos, tapado, alCambiar: (cual) => { if (cual !== "alta") plano?.verTodo(); } });
hoja.medir();

function verParte(cual) {
  pagina.dataset.parte = cual;
  for (const pestana of pagina.querySelectorAll(".pestanas a")) {
    if (pestana.dataset.parte === cual) pestana.setAttribute("aria-current", "true");
    else pestana.removeAttribute("aria-current");
  }
  lista.mover(true);
}
for (const pestana of pagina.querySelectorAll(".pestanas a")) pestana.addEventListener("click", (evento) => { evento.preventDefault(); verParte(pestana.dataset.parte); });

// --- start --------------------------------------------------------------------------------------------------------------
if (EN_VIVO.has(estado.regla)) calcular();
else {
  const { limites } = leerLimites();
  estado.pesos = mesaPesos();
  estado.puntajes = puntuar(set.columnas, estado.pesos, set.pk.length);
  if (limites && estado.puntajes && datos.servidor) { estado.techo = limites.techo; recibir(datos.servidor); }
}
pagina.dataset.lista = "1";

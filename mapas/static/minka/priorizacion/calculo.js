// What follows from weights, ceiling and limits, as the server computes it: pure functions over the set's columns.
// Money in whole céntimos, columns in ten-thousandths; the same operations in the same order give the same numbers.

export const DIEZMILESIMAS = 10000;
export const SIN_DATO = -1;

// A whole number or the nearest even one, as numpy rounds.
function alPar(x) {
  const abajo = Math.floor(x);
  const resto = x - abajo;
  if (resto < 0.5) return abajo;
  if (resto > 0.5) return abajo + 1;
  return abajo % 2 === 0 ? abajo : abajo + 1;
}

// columnas: {key: Int16Array-like of ten-thousandths, SIN_DATO where unknown}; pesos: {key: 0…100}. Null: no weight at all.
export function puntuar(columnas, pesos, cuantas) {
  const usados = Object.keys(columnas).sort().filter((clave) => pesos[clave] > 0);
  const suma = usados.reduce((s, clave) => s + pesos[clave], 0);
  if (!suma) return null;
  const total = new Float64Array(cuantas);
  for (const clave of usados) {
    const columna = columnas[clave];
    const parte = pesos[clave] / suma;
    for (let i = 0; i < cuantas; i += 1) if (columna[i] > 0) total[i] += (columna[i] / DIEZMILESIMAS) * parte;
  }
  for (let i = 0; i < cuantas; i += 1) total[i] = alPar(Math.min(100, Math.max(0, total[i] * 100)) * 1e6) / 1e6;
  return total;
}

// Points that each criterion gives to one demand, in the order of `claves`.
export function aportes(columnas, pesos, claves, i) {
  const suma = claves.reduce((s, clave) => s + (pesos[clave] || 0), 0);
  return claves.map((clave) => (suma && columnas[clave][i] > 0 ? ((columnas[clave][i] / DIEZMILESIMAS) * pesos[clave] * 100) / suma : 0));
}

// --- orders -----------------------------------------------------------------------------------------------------------
// Equal: the higher score first, then the cheaper, then the lower key.
const desempate = (set, p) => (a, b) => p[b] - p[a] || set.costo[a] - set.costo[b] || set.pk[a] - set.pk[b];

// A double as whole mantissa and power of two.
function exacto(x) {
  let e = 0;
  while (!Number.isInteger(x)) { x *= 2; e -= 1; }
  return [BigInt(x), e];
}
function comparar(pa, ca, pb, cb) {
  // pa/ca against pb/cb without rounding
  const [ma, ea] = exacto(pa);
  const [mb, eb] = exacto(pb);
  let x = ma * BigInt(cb);
  let y = mb * BigInt(ca);
  if (ea > eb) x <<= BigInt(ea - eb);
  else y <<= BigInt(eb - ea);
  return x < y ? -1 : x > y ? 1 : 0;
}

export function ordenar(regla, set, puntajes) {
  const con = [];
  for (let i = 0; i < set.pk.length; i += 1) if (set.costo[i] > 0) con.push(i);
  const iguales = desempate(set, puntajes);
  if (regla !== "por_boliviano") return con.sort(iguales);
  const medida = new Float64Array(set.pk.length);
  for (const i of con) medida[i] = (puntajes[i] / set.costo[i]) * 100;
  return con.sort((a, b) => medida[b] - medida[a] || comparar(puntajes[b], set.costo[b], puntajes[a], set.costo[a]) || iguales(a, b));
}

// --- going down an order ----------------------------------------------------------------------------------------------
// limites: {techo, pisos: {district: céntimos}, topes, incompatibles: [[key, key]], requeridas: [[key, key]]}
function Eleccion(set, limites) {
  this.set = set;
  this.limites = limites;
  this.gastado = 0;
  this.porDistrito = new Map();
  this.elegidas = new Map();
  this.razones = new Map();
  this.opuestas = new Map();
  this.necesita = new Map();
  const poner = (mapa, a, b) => mapa.set(a, [...(mapa.get(a) || []), b]);
  for (const [a, b] of limites.incompatibles) { poner(this.opuestas, a, b); poner(this.opuestas, b, a); }
  for (const [a, b] of limites.requeridas) poner(this.necesita, a, b);
}
Eleccion.prototype = {
  get queda() { return this.limites.techo - this.gastado; },
  de(distrito) { return this.porDistrito.get(distrito) || 0; },
  pendiente(distrito) { return Math.max(0, (this.limites.pisos[distrito] || 0) - this.de(distrito)); },
  primera(mapa, i, dentro) {
    const otras = mapa.get(this.set.pk[i]);
    const halladas = otras ? otras.filter((pk) => this.elegidas.has(pk) === dentro) : [];
    return halladas.length ? Math.min(...halladas) : null;
  },
  impedimento(i, disponible) {
    const opuesta = this.primera(this.opuestas, i, true);
    if (opuesta !== null) return { codigo: "incompatible_con", con: opuesta };
    const requerida = this.primera(this.necesita, i, false);
    if (requerida !== null) return { codigo: "falta_requerida", con: requerida };
    const costo = this.set.costo[i];
    const distrito = this.set.distrito[i];
    const tope = distrito === null ? undefined : this.limites.topes[distrito];
    const falta = costo - disponible;
    const faltaDistrito = tope === undefined ? 0 : costo - (tope - this.de(distrito));
    if (falta <= 0 && faltaDistrito <= 0) return null;
    const mayor = Math.max(falta, faltaDistrito);
    const contraparte = mayor < costo ? mayor : null;
    return faltaDistrito >= falta
      ? { codigo: "tope_de_distrito", falta: faltaDistrito, contraparte, distrito }
      : { codigo: "no_alcanza", falta, contraparte };
  },
  anotar(pk, razon) {
    const previa = this.razones.get(pk);
    if (previa && previa.falta !== undefined && razon.falta !== undefined && previa.falta <= razon.falta) return;
    this.razones.set(pk, razon);
  },
  elegir(i, fase) {
    this.gastado += this.set.costo[i];
    const distrito = this.set.distrito[i];
    if (distrito !== null) this.porDistrito.set(distrito, this.de(distrito) + this.set.costo[i]);
    this.elegidas.set(this.set.pk[i], fase);
    this.razones.set(this.set.pk[i], { codigo: "elegida", fase });
  },
};

function pasada(orden, eleccion, fase) {
  const porPisos = fase === "piso";
  const { set } = eleccion;
  const esperan = new Map();
  let guardado = porPisos ? Object.keys(eleccion.limites.pisos).reduce((s, d) => s + eleccion.pendiente(d), 0) : 0;
  for (let puesto = 0; puesto < orden.length; puesto += 1) {
    const listas = [puesto];
    while (listas.length) {
      const cual = listas.splice(listas.indexOf(Math.min(...listas)), 1)[0];
      const i = orden[cual];
      let disponible = eleccion.queda;
      let pendiente = 0;
      if (porPisos) {
        pendiente = eleccion.pendiente(set.distrito[i]);
        if (!pendiente) continue;
        disponible -= guardado - pendiente;
      }
      const impedimento = eleccion.impedimento(i, disponible);
      if (impedimento === null) {
        eleccion.elegir(i, fase);
        if (porPisos) guardado -= pendiente - eleccion.pendiente(set.distrito[i]);
        for (const otra of esperan.get(set.pk[i]) || []) listas.push(otra);
        esperan.delete(set.pk[i]);
        continue;
      }
      eleccion.anotar(set.pk[i], impedimento);
      if (impedimento.codigo === "falta_requerida") esperan.set(impedimento.con, [...(esperan.get(impedimento.con) || []), cual]);
    }
  }
}

// set: {pk, costo, distrito} by place. Gives what is in (key → phase), the reason of each, and what was spent.
export function elegir(regla, set, puntajes, limites) {
  const eleccion = new Eleccion(set, limites);
  const orden = ordenar(regla, set, puntajes);
  if (Object.keys(limites.pisos).length) pasada(orden.filter((i) => set.distrito[i] !== null && limites.pisos[set.distrito[i]] !== undefined), eleccion, "piso");
  pasada(orden.filter((i) => !eleccion.elegidas.has(set.pk[i])), eleccion, "regla");
  for (let i = 0; i < set.pk.length; i += 1) if (!(set.costo[i] > 0)) eleccion.razones.set(set.pk[i], { codigo: "sin_costo" });
  return { elegidas: eleccion.elegidas, razones: eleccion.razones, gastado: eleccion.gastado, queda: eleccion.queda };
}

// The list: those that are in by score, then the others, then those without a cost.
export function enLista(set, puntajes, elegidas) {
  const partes = [[], [], []];
  for (let i = 0; i < set.pk.length; i += 1) partes[elegidas.has(set.pk[i]) ? 0 : set.costo[i] > 0 ? 1 : 2].push(i);
  const orden = (a, b) => puntajes[b] - puntajes[a] || (set.costo[a] || 0) - (set.costo[b] || 0) || set.pk[a] - set.pk[b];
  return partes.flatMap((parte) => parte.sort(orden));
}

// --- what is amiss, before any rule runs --------------------------------------------------------------------------------
export function revisar(limites) {
  if (!(limites.techo > 0)) return { codigo: "techo_no_positivo" };
  for (const [distrito, piso] of Object.entries(limites.pisos)) {
    const tope = limites.topes[distrito];
    if (tope !== undefined && piso > tope) return { codigo: "piso_sobre_tope", distrito, piso, tope };
  }
  const suma = Object.values(limites.pisos).reduce((s, piso) => s + piso, 0);
  if (suma > limites.techo) return { codigo: "pisos_sobre_techo", suma, techo: limites.techo };
  const necesita = new Map();
  for (const [a, b] of limites.requeridas) necesita.set(a, [...(necesita.get(a) || []), b]);
  for (const clave of necesita.keys()) {
    const todas = new Set();
    const cola = [clave];
    while (cola.length) for (const otra of necesita.get(cola.pop()) || []) if (!todas.has(otra)) { todas.add(otra); cola.push(otra); }
    if (todas.has(clave)) return { codigo: "requeridas_en_circulo", claves: [...todas] };
    todas.add(clave);
    for (const [a, b] of limites.incompatibles) if (todas.has(a) && todas.has(b)) return { codigo: "pares_contradictorios", par: [a, b] };
  }
  for (const [a, b] of limites.incompatibles) if (a === b) return { codigo: "pares_contradictorios", par: [a, b] };
  return null;
}

// --- how evenly it is shared --------------------------------------------------------------------------------------------
// distritos: [{id, habitantes, nbi}]; gives céntimos, how many and Bs per inhabitant by district, and the two figures.
export function equidad(set, elegidas, distritos) {
  const por = new Map(distritos.map((d) => [d.id, { ...d, bs: 0, entran: 0 }]));
  const fuera = { bs: 0, entran: 0 };
  const grupos = new Map();
  let total = 0;
  for (let i = 0; i < set.pk.length; i += 1) {
    if (!elegidas.has(set.pk[i])) continue;
    const suyo = por.get(set.distrito[i]) || fuera;
    suyo.bs += set.costo[i];
    suyo.entran += 1;
    total += set.costo[i];
    grupos.set(set.grupo[i], (grupos.get(set.grupo[i]) || 0) + set.costo[i]);
  }
  const todos = [...por.values()];
  for (const d of todos) d.porHabitante = d.habitantes ? d.bs / 100 / d.habitantes : null;
  const partes = new Map([...grupos].map(([grupo, bs]) => [grupo, total ? bs / total : 0]));
  return { distritos: todos, fuera, grupos: partes, gini: gini(todos), tercio: tercioPobre(todos) };
}

export function gini(unidades) {
  const con = unidades.filter((u) => u.habitantes).sort((a, b) => a.bs / a.habitantes - b.bs / b.habitantes);
  if (!con.length) return null;
  const habitantes = con.reduce((s, u) => s + u.habitantes, 0);
  const gasto = con.reduce((s, u) => s + u.bs, 0);
  if (!gasto) return 0;
  let acumulado = 0;
  let area = 0;
  for (const u of con) { area += u.habitantes * (2 * acumulado + u.bs); acumulado += u.bs; }
  return 1 - area / (habitantes * gasto);
}

export function tercioPobre(unidades) {
  const con = unidades.filter((u) => u.habitantes && u.nbi !== null);
  const gasto = con.reduce((s, u) => s + u.bs, 0);
  if (!gasto) return null;
  let falta = con.reduce((s, u) => s + u.habitantes, 0) / 3;
  let suyo = 0;
  for (const nbi of [...new Set(con.map((u) => u.nbi))].sort((a, b) => b - a)) {
    const iguales = con.filter((u) => u.nbi === nbi);
    const habitantes = iguales.reduce((s, u) => s + u.habitantes, 0);
    suyo += Math.min(1, falta / habitantes) * iguales.reduce((s, u) => s + u.bs, 0);
    falta -= habitantes;
    if (falta <= 0) break;
  }
  return suyo / gasto;
}

// --- money as people write it -------------------------------------------------------------------------------------------
// Céntimos, or null where it is no amount.
export function leerMonto(texto) {
  const limpio = texto.trim().replace(/^(bs\.?)?|[\s\u00a0\u202f']/gi, "");
  const hallado = /^(\d{1,3}(?:\.\d{3})+|\d+)(?:,(\d{1,2}))?$/.exec(limpio) || /^(\d+)\.(\d{1,2})$/.exec(limpio);
  if (!hallado) return null;
  const centimos = Number(hallado[1].replaceAll(".", "")) * 100 + Number((hallado[2] || "0").padEnd(2, "0"));
  return centimos <= 99999999999999 ? centimos : null;
}

export function escribirNumero(valor, decimales, { decimal, miles }) {
  const [enteros, fraccion] = Math.abs(valor).toFixed(decimales).split(".");
  return (valor < 0 ? "-" : "") + enteros.replace(/\B(?=(\d{3})+$)/g, miles) + (fraccion ? decimal + fraccion : "");
}

export const escribirMonto = (centimos, numeros) => `Bs\u00a0${escribirNumero(centimos / 100, centimos % 100 ? 2 : 0, numeros)}`;

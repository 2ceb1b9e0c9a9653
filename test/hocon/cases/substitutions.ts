// What ${name} and ${?name} stand for.

import type { ValueCase } from './case.ts';

const environment = { HOME_DIR: '/srv', PORT: '9000', EMPTY: '', 'dotted.name': 'd' };

/** `$` apart from its brace, so that no table entry looks like a template. */
const ref = (name: string): string => `$\{${name}}`;

export const SUBSTITUTION_CASES: readonly ValueCase[] = [
  { fact: 'looks a value up', text: `a = 1\nb = ${ref('a')}`, root: { a: 1, b: 1 } },
  { fact: 'looks forward', text: `b = ${ref('a')}\na = 1`, root: { a: 1, b: 1 } },
  { fact: 'takes the last value of a path', text: `a = 1\nb = ${ref('a')}\na = 2`, root: { a: 2, b: 2 } },
  {
    fact: 'looks up dotted and quoted paths',
    text: `"x.y".z = 1\nb = ${ref('"x.y".z')}`,
    root: { 'x.y': { z: 1 }, b: 1 },
  },
  {
    fact: 'keeps the type of a lone substitution',
    text: `a = [1]\nb = ${ref('a')}\nc = true\nd = ${ref('c')}`,
    root: { a: [1], b: [1], c: true, d: true },
  },
  {
    fact: 'joins a substitution with text',
    text: `a = x\nb = ${ref('a')}/y ${ref('a')}" z"`,
    root: { a: 'x', b: 'x/y x z' },
  },
  {
    fact: 'joins a number as it was written',
    text: `a = 1e5\nb = ${ref('a')}s`,
    root: { a: 100000, b: '1e5s' },
  },
  {
    fact: 'joins an explicit null as a word',
    text: `a = null\nb = ${ref('a')}x`,
    root: { a: null, b: 'nullx' },
  },
  {
    fact: 'leaves substitutions inside quotes alone',
    text: `a = "${ref('x')}"\nb = """${ref('y')}"""`,
    root: { a: ref('x'), b: ref('y') },
  },
  {
    fact: 'substitutes inside lists',
    text: `a = 1\nb = [${ref('a')}, x ${ref('a')}]`,
    root: { a: 1, b: [1, 'x 1'] },
  },
  {
    fact: 'substitutes inside blocks in lists',
    text: `a = 1\nb = [{ c = ${ref('a')} }]`,
    root: { a: 1, b: [{ c: 1 }] },
  },
  { fact: 'copies a block', text: `a { x = 1 }\nb = ${ref('a')}`, root: { a: { x: 1 }, b: { x: 1 } } },
  {
    fact: 'extends a copied block',
    text: `a { x = 1, y = 1 }\nb = ${ref('a')} { y = 2 }`,
    root: { a: { x: 1, y: 1 }, b: { x: 1, y: 2 } },
  },
  {
    fact: 'lets a copied block override',
    text: `a { x = 1 }\nb = { x = 0, y = 0 } ${ref('a')}`,
    root: { a: { x: 1 }, b: { x: 1, y: 0 } },
  },
  {
    fact: 'merges a copied block into an earlier one',
    text: `a { x = 1 }\nb { y = 2 }\nb = ${ref('a')}`,
    root: { a: { x: 1 }, b: { x: 1, y: 2 } },
  },
  {
    fact: 'joins two substituted blocks',
    text: `a { x = 1 }\nb { y = 2 }\nc = ${ref('a')} ${ref('b')}`,
    root: { a: { x: 1 }, b: { y: 2 }, c: { x: 1, y: 2 } },
  },
  {
    fact: 'joins a substituted list',
    text: `a = [1]\nb = ${ref('a')} [2] ${ref('a')}`,
    root: { a: [1], b: [1, 2, 1] },
  },
  {
    fact: 'sees an override of a copied block',
    text: `a { x = 1 }\nb = ${ref('a')}\nb.x = 2\nc = ${ref('b.x')}`,
    root: { a: { x: 1 }, b: { x: 2 }, c: 2 },
  },
  {
    fact: 'lets a block extended by a copy refer to its own members',
    text: `a { x = 1 }\nb = ${ref('a')} { y = ${ref('b.x')} }`,
    root: { a: { x: 1 }, b: { x: 1, y: 1 } },
  },
  {
    fact: 'lets a member refer to its own block, looking forward',
    text: `a { x = 1, y = ${ref('a.x')} }\na { x = 2 }`,
    root: { a: { x: 2, y: 2 } },
  },
  {
    fact: 'lets two blocks refer to each other',
    text: `a { p = ${ref('b.q')}, r = 1 }\na.r = 3\nb { s = ${ref('a.r')}, q = 2 }\nb.q = 4`,
    root: { a: { p: 4, r: 3 }, b: { s: 3, q: 4 } },
  },
  {
    fact: 'looks back from a value to its earlier self',
    text: `a = x\na = ${ref('a')}y\na = ${ref('a')}z`,
    root: { a: 'xyz' },
  },
  {
    fact: 'looks back from a list to its earlier self',
    text: `a = [1]\na = ${ref('a')} [2]`,
    root: { a: [1, 2] },
  },
  {
    fact: 'looks back from a block to its earlier self',
    text: `a { x = 1 }\na = ${ref('a')} { y = 2 }`,
    root: { a: { x: 1, y: 2 } },
  },
  {
    fact: 'looks back below a path',
    text: `a { b { c = 1 } }\na = ${ref('a.b')}\na { b = 2 }`,
    root: { a: { b: 2, c: 1 } },
  },
  {
    fact: 'looks back across a replaced block',
    text: `a { b = 1 }\na { b = ${ref('a.b')}0 }`,
    root: { a: { b: '10' } },
  },
  {
    fact: 'drops an optional reference to nothing but itself',
    text: `a = ${ref('?a')}\nb = ${ref('?b')}x`,
    root: { b: 'x' },
  },
  {
    fact: 'never asks a substitution that a later value hides',
    text: `a = ${ref('missing')}\na = 1\nb = ${ref('b')}\nb = 2`,
    root: { a: 1, b: 2 },
  },
  {
    fact: 'gives both of two crossed settings one value',
    text: `a = 1\nb = 2\na = ${ref('b')}\nb = ${ref('a')}`,
    root: { a: 1, b: 1 },
  },
  {
    fact: 'omits a setting whose optional substitution is absent',
    text: `a = ${ref('?x')}\nb { c = ${ref('?x')} }`,
    root: { b: {} },
  },
  {
    fact: 'keeps the earlier value when an optional substitution is absent',
    text: `a = 1\na = ${ref('?x')}`,
    root: { a: 1 },
  },
  {
    fact: 'omits a list item whose optional substitution is absent',
    text: `a = [1, ${ref('?x')}, 2]`,
    root: { a: [1, 2] },
  },
  {
    fact: 'joins an absent optional substitution as nothing',
    text: `a = x${ref('?x')}y\nb = ${ref('?x')} [1]\nc = ${ref('?x')} { d = 1 }`,
    root: { a: 'xy', b: [1], c: { d: 1 } },
  },
  {
    fact: 'omits a setting joined of absent substitutions only',
    text: `a = ${ref('?x')}${ref('?y')}`,
    root: {},
  },
  {
    fact: 'appends with += to a substituted list',
    text: `a = [1]\nb = ${ref('a')}\nb += 2`,
    root: { a: [1], b: [1, 2] },
  },
  {
    fact: 'appends with += to a list of a copied block',
    text: `a { l = [1] }\nb = ${ref('a')}\nb.l += 2`,
    root: { a: { l: [1] }, b: { l: [1, 2] } },
  },
  {
    fact: 'falls back to the environment',
    text: `a = ${ref('HOME_DIR')}/keys`,
    environment,
    root: { a: '/srv/keys' },
  },
  {
    fact: 'reads an environment value as text',
    text: `a = ${ref('?PORT')}`,
    environment,
    root: { a: '9000' },
  },
  {
    fact: 'keeps an empty environment value',
    text: `a = 1\na = ${ref('?EMPTY')}`,
    environment,
    root: { a: '' },
  },
  {
    fact: 'lets the environment override an earlier value',
    text: `a = 1\na = ${ref('?PORT')}`,
    environment,
    root: { a: '9000' },
  },
  {
    fact: 'prefers the file to the environment',
    text: `PORT = 1\na = ${ref('PORT')}`,
    environment,
    root: { PORT: 1, a: 1 },
  },
  {
    fact: 'lets null in the file hide the environment',
    text: `PORT = null\na = ${ref('?PORT')}`,
    environment,
    root: { PORT: null, a: null },
  },
  {
    fact: 'asks the environment by the dotted name',
    text: `a = ${ref('dotted.name')}`,
    environment,
    root: { a: 'd' },
  },
  {
    fact: 'never finds what every JavaScript object inherits',
    text: `a = ${ref('?constructor')}\nb = ${ref('?__proto__')}`,
    root: {},
  },
  { fact: 'never appends to an environment value', text: 'PORT += 1', environment, root: { PORT: [1] } },
  {
    fact: 'lets a block joined twice count where it stands last',
    text: `a { k = 1 }\nb { k = 2 }\nc = ${ref('a')} ${ref('b')} ${ref('a')}`,
    root: { a: { k: 1 }, b: { k: 2 }, c: { k: 1 } },
  },
  {
    fact: 'looks forward from outside a circle that was broken by looking back',
    text: `a = 1\na = ${ref('a')}${ref('b')}\nb = ${ref('a')}`,
    root: { a: '11', b: '11' },
  },
];

// What an install brings: exactly what the lockfile names, each by its hash, and without running a line of it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

type Entry = {
  readonly link?: boolean
  readonly version?: string
  readonly resolved?: string
  readonly integrity?: string
  readonly hasInstallScript?: boolean
}
type Manifest = {
  readonly scripts?: { readonly [name: string]: string }
  readonly allowScripts?: { readonly [name: string]: boolean }
  readonly dependencies?: { readonly [name: string]: string }
  readonly devDependencies?: { readonly [name: string]: string }
  readonly optionalDependencies?: { readonly [name: string]: string }
}

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path: string): unknown => JSON.parse(readFileSync(join(root, path), 'utf8'))
const { packages } = read('package-lock.json') as { readonly packages: { readonly [path: string]: Entry } }
const own = ['', ...Object.keys(packages).filter((path) => /^packages\/[^/]+$/.test(path))]
const foreign = Object.entries(packages).filter(([path, { link }]) => !own.includes(path) && link !== true)
const manifests = own.map((path) => [path, read(join(path, 'package.json')) as Manifest] as const)

test('T92 every package that is installed has its hash, and none an address of its own', () => {
  expect(foreign.length).toBeGreaterThan(100)
  for (const [path, { integrity, resolved }] of foreign) {
    expect([path, integrity]).toEqual([path, expect.stringMatching(/^sha512-[A-Za-z0-9+/]{86}==$/)])
    // No address: nothing comes from anywhere but the registry that npm is set to.
    expect([path, resolved]).toEqual([path, undefined])
  }
})

test('T92 whoever has a script to be run at its install is known by name and denied', () => {
  const scripted = foreign.filter(([, { hasInstallScript }]) => hasInstallScript === true).map(([path]) => path)
  const { allowScripts = {} } = read('package.json') as Manifest
  expect(scripted.map((path) => path.replace(/^.*node_modules\//, '')).toSorted()).toEqual(
    Object.keys(allowScripts).toSorted(),
  )
  expect(Object.values(allowScripts)).not.toContain(true)
})

test('T92 packages of ours run nothing at their install, and name versions, not ranges', () => {
  for (const [path, { scripts = {}, dependencies, devDependencies, optionalDependencies }] of manifests) {
    const atInstall = Object.keys(scripts).filter((name) => /^(pre|post)?(install|prepare)$|^prepublish$/.test(name))
    expect([path, atInstall]).toEqual([path, []])
    for (const [name, version] of Object.entries({ ...dependencies, ...devDependencies, ...optionalDependencies })) {
      const exact = /^(npm:[@\w/.-]+@)?(\d+\.\d+\.\d+(-[\w.]+)?)$/.exec(version)?.[2]
      expect([name, exact]).toEqual([name, expect.any(String)])
      const nested = packages[`${path}/node_modules/${name}`.replace(/^\//, '')] ?? packages[`node_modules/${name}`]!
      if (nested.link !== true) expect([path, name, nested.version]).toEqual([path, name, exact])
    }
  }
})

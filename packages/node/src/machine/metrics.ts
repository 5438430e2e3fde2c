// Real metrics: a Prometheus registry for each node, so that two nodes in one process do not mix.
import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client'
import type { Metrics } from './Machine.ts'

/** Creates a registry. It also shows the process itself: CPU, memory, event loop, collections. */
export function createMetrics(): Metrics {
  const registry = new Registry()
  collectDefaultMetrics({ register: registry })
  return {
    contentType: registry.contentType,
    text: () => registry.metrics(),
    counter({ name, help, labels = [] }) {
      const counter = new Counter({ name, help, labelNames: labels, registers: [registry] })
      return { add: (value = 1, values = {}) => counter.inc(values, value) }
    },
    gauge({ name, help, labels = [], read }) {
      const collect = read && { collect: () => gauge.set(read()) }
      const gauge: Gauge = new Gauge({ name, help, labelNames: labels, registers: [registry], ...collect })
      return { set: (value, values = {}) => gauge.set(values, value) }
    },
    histogram({ name, help, labels = [], buckets }) {
      const histogram = new Histogram({ name, help, labelNames: labels, buckets: [...buckets], registers: [registry] })
      return { observe: (value, values = {}) => histogram.observe(values, value) }
    },
  }
}

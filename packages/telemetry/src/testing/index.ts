export { at, attributesAt, fieldsOf, startCollector, textAt, type Collector, type Export } from './collector.ts';

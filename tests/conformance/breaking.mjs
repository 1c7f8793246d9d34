#!/usr/bin/env node
// A change that breaks clients of the last released SDL fails, unless what goes was deprecated in it. A deprecation
// names what to use instead and the day after which the field goes: "`other` を使ってください(2027-04-01 まで)。"
//   node breaking.mjs RELEASED CURRENT
// Exit: 0 nothing breaks, 1 something does, 2 usage.
import { readFileSync } from 'node:fs';
import { CriticalityLevel, DiffRule, diff } from '@graphql-inspector/core';
import { buildSchema, isInputObjectType, isInterfaceType, isObjectType, isEnumType } from 'graphql';

const [released, current] = process.argv.slice(2);
if (!current) {
  console.error('usage: breaking.mjs RELEASED CURRENT');
  process.exit(2);
}
const [before, after] = [released, current].map((path) => buildSchema(readFileSync(path, 'utf8')));

const changes = await diff(before, after, [DiffRule.suppressRemovalOfDeprecatedField]);
const breaking = changes.filter((change) => change.criticality.level === CriticalityLevel.Breaking);
for (const change of breaking) console.log(`BREAKS ${change.message}`);

let unclear = 0;
const clear = (reason) => /`\w+`/.test(reason) && /\d{4}-\d{2}-\d{2}/.test(reason);
const check = (name, thing) => {
  if (thing.deprecationReason == null || clear(thing.deprecationReason)) return;
  unclear++;
  console.log(`UNCLEAR ${name}: a deprecation names the replacement in backticks and a day: ${thing.deprecationReason}`);
};
for (const type of Object.values(after.getTypeMap())) {
  if (type.name.startsWith('__')) continue;
  if (isEnumType(type)) type.getValues().forEach((value) => check(`${type.name}.${value.name}`, value));
  if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) continue;
  for (const field of Object.values(type.getFields())) {
    check(`${type.name}.${field.name}`, field);
    for (const argument of field.args ?? []) check(`${type.name}.${field.name}(${argument.name})`, argument);
  }
}
console.log(`${changes.length} changes since the release, ${breaking.length} break, ${unclear} deprecations unclear`);
process.exitCode = breaking.length || unclear ? 1 : 0;

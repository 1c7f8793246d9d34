import type { GraphQLEnumType, GraphQLInputType } from 'graphql';
import type { ReactNode } from 'react';
import { Field, type FieldProps } from './field';
import { emptyValue, type Value } from './value';

/** Several of something: each with its own field. */
export function ListField(props: FieldProps & { of: GraphQLInputType }): ReactNode {
  const { of, path, value, onChange } = props;
  const items = Array.isArray(value) ? value : [];
  const change = (at: number, next: Value): void => onChange(items.map((item, i) => (i === at ? next : item)));
  return (
    <div className="list-field">
      {items.map((item, i) => (
        <div className="list-item" key={i}>
          <Field {...props} name={`${i + 1}`} path={`${path}.${i}`} type={of} description={null} value={item} onChange={(next) => change(i, next)} />
          <button type="button" className="quiet" onClick={() => onChange(items.filter((_, at) => at !== i))}>
            取り除く
          </button>
        </div>
      ))}
      <button type="button" className="quiet" onClick={() => onChange([...items, emptyValue(of)])}>
        加える
      </button>
    </div>
  );
}

/** Several of a closed list: a box for each. */
export function EnumList({ of, value, onChange }: FieldProps & { of: GraphQLEnumType }): ReactNode {
  const chosen = Array.isArray(value) ? value : [];
  return (
    <div className="boxes">
      {of.getValues().map(({ name, description }) => (
        <label key={name}>
          <input
            type="checkbox"
            checked={chosen.includes(name)}
            onChange={(e) => onChange(e.target.checked ? [...chosen, name] : chosen.filter((c) => c !== name))}
          />
          {description ?? name}
        </label>
      ))}
    </div>
  );
}

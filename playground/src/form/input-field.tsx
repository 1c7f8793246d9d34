import type { GraphQLInputObjectType } from 'graphql';
import type { ReactNode } from 'react';
import { Field, type FieldProps } from './field';
import { DEEPEST, type Value } from './value';

/** The fields of an input, to two levels; what is deeper is written as JSON. */
export function InputField(props: FieldProps & { of: GraphQLInputObjectType }): ReactNode {
  const { of, path, value, depth, onChange } = props;
  if (depth >= DEEPEST) {
    const text = typeof value === 'string' ? value : '';
    return <textarea id={path} value={text} placeholder="{ }" onChange={(e) => onChange(e.target.value)} />;
  }
  const values = fieldsOf(value);
  return (
    <div className="input-fields">
      {Object.values(of.getFields()).map((field) => (
        <Field
          {...props}
          key={field.name}
          name={field.name}
          path={`${path}.${field.name}`}
          type={field.type}
          description={field.description}
          value={values[field.name]}
          depth={depth + 1}
          onChange={(next) => onChange({ ...values, [field.name]: next })}
        />
      ))}
    </div>
  );
}

function fieldsOf(value: Value | undefined): Record<string, Value> {
  return value && typeof value === 'object' && !Array.isArray(value) ? value : {};
}

import type { PropertyDeclarations } from 'lit';

/** The property of an attribute. */
export const propertyOf = (attribute: string): string =>
  attribute.replace(/-(.?)/g, (_, letter: string) => letter.toUpperCase());

/** Lit's declarations of attributes, given with spaces in between. */
export const declared = (attributes: string, type?: unknown): PropertyDeclarations =>
  Object.fromEntries(attributes.split(' ').map((attribute) => [propertyOf(attribute), { attribute, type }]));

/** Makes `lang` an attribute that leads to an update, and leaves the property to the platform. */
export const language: PropertyDeclarations = { [Symbol('lang')]: { attribute: 'lang' } };

/** Labels to begin with, by language: one for each plural category in which the sentence differs. */
export const phrases = {
  '': {
    label: '{count} people are here',
    'label-zero': 'Nobody is here',
    'label-one': '{count} person is here',
  },
  ar: {
    label: '{count} شخص هنا',
    'label-zero': 'لا أحد هنا',
    'label-one': 'شخص واحد هنا',
    'label-two': 'شخصان هنا',
    'label-few': '{count} أشخاص هنا',
    'label-many': '{count} شخصًا هنا',
    dir: 'rtl',
  },
  de: {
    label: '{count} Menschen sind hier',
    'label-zero': 'Niemand ist hier',
    'label-one': 'Ein Mensch ist hier',
  },
  fr: {
    label: '{count} personnes sont ici',
    'label-zero': 'Personne n’est ici',
    'label-one': '{count} personne est ici',
  },
  ja: {
    label: '{count}人がいます',
    'label-zero': '誰もいません',
  },
  pl: {
    label: '{count} osoby jest tutaj',
    'label-zero': 'Nikogo tu nie ma',
    'label-one': '{count} osoba jest tutaj',
    'label-few': '{count} osoby są tutaj',
    'label-many': '{count} osób jest tutaj',
  },
};

// As the server looks at an e-mail address: a name, an at sign, and a domain that is no number.

const ADDRESS = /^(?=.{6,254}$)(?=[^@]{1,64}@)[\w!#$%&'*+/=?^`{|}~-]+(\.[\w!#$%&'*+/=?^`{|}~-]+)*@([a-z\d]([a-z\d-]{0,61}[a-z\d])?\.)+[a-z]([a-z\d-]{0,61}[a-z\d])?$/i;

export const isAddress = (text: string): boolean => ADDRESS.test(text.trim());

"""Songs as pictures: one song at a look, and several beside each other."""

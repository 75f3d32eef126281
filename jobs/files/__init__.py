"""Files of dossiers: fetched once from where they lie, handed on by their bytes or by a link that ends."""

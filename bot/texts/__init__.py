"""The words of Faro as things that can be checked, shown and changed: catalogues, rules of style, drafts."""

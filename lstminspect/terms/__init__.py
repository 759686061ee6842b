"""A layer in the terms of a framework: its class, its shapes, its code; one file per framework."""

from lstminspect.terms.catalogue import FRAMEWORKS, convention_of, get, in_terms
from lstminspect.terms.terms import InTerms, Tensor, Terms

__all__ = ["FRAMEWORKS", "InTerms", "Tensor", "Terms", "convention_of", "get", "in_terms"]

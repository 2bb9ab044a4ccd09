"""Import and export for every admin page: django-import-export, by natural key and in bulk.

An app declares a ``KeyedResource`` with its columns and adds ``ImportExportMixin`` to its
ModelAdmin; everything else is here.
"""
